import { ImagePullPolicy } from 'cdk8s-plus-28';
import { failure, synthesize } from './synthesize';

describe('the workload', () => {
  const { deployment } = synthesize();

  test('gets no environment variables for the Services of its namespace', () => {
    expect(deployment).toHaveProperty('spec.template.spec.enableServiceLinks', false);
  });

  test('pulls its image at each start, since a tag can be pushed anew, or when it is told to', () => {
    const policy = 'spec.template.spec.containers[0].imagePullPolicy';

    expect(deployment).toHaveProperty(policy, 'Always');
    expect(synthesize({ imagePullPolicy: ImagePullPolicy.IF_NOT_PRESENT }).deployment).toHaveProperty(
      policy,
      'IfNotPresent',
    );
  });

  test('logs in to no registry, or with the Secrets that it is given', () => {
    expect(deployment).not.toHaveProperty('spec.template.spec.imagePullSecrets');
    expect(synthesize({ imagePullSecrets: ['registry', 'mirror'] }).deployment).toHaveProperty(
      'spec.template.spec.imagePullSecrets',
      [{ name: 'registry' }, { name: 'mirror' }],
    );
  });

  test('cannot log in with what is no Secret', () => {
    expect(failure(() => synthesize({ imagePullSecrets: ['registry', 'My Secret'] }))).toContain(
      '[image-pull-secret-invalid] imagePullSecrets[1] is "My Secret": it must be the name of a Secret.',
    );
  });

  test('is selected by cdk8s-plus connections under a label that does not follow the construct path', () => {
    expect(deployment).toHaveProperty(
      ['spec', 'template', 'metadata', 'labels', 'cdk8s.io/metadata.addr'],
      'stt-service',
    );
  });
});
