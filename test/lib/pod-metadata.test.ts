import { failure, synthesize } from './synthesize';

const METADATA = 'spec.template.metadata';

describe('the metadata of pods', () => {
  test('has no annotations by default', () => {
    expect(synthesize().deployment).not.toHaveProperty(`${METADATA}.annotations`);
  });

  test('takes labels and annotations that no other object has', () => {
    const { deployment, objects } = synthesize({
      podLabels: { 'cost-center': '4711' },
      podAnnotations: { 'linkerd.io/inject': 'disabled' },
    });

    expect(deployment).toHaveProperty(`${METADATA}.labels.cost-center`, '4711');
    expect(deployment).toHaveProperty(`${METADATA}.labels.app`, 'stt-service');
    expect(deployment).toHaveProperty([...METADATA.split('.'), 'annotations', 'linkerd.io/inject'], 'disabled');
    expect(objects.filter(({ metadata }) => metadata.labels?.['cost-center'] !== undefined)).toEqual([]);
  });

  test('goes before the labels of the chart', () => {
    const { deployment } = synthesize({ podLabels: { team: 'speech' } }, { chart: { labels: { team: 'platform' } } });

    expect(deployment).toHaveProperty(`${METADATA}.labels.team`, 'speech');
    expect(deployment.metadata.labels).toMatchObject({ team: 'platform' });
  });

  test.each(['app', 'app.kubernetes.io/name', 'app.kubernetes.io/instance', 'cdk8s.io/metadata.addr'])(
    'cannot say another %s',
    (key) => {
      expect(failure(() => synthesize({ podLabels: { [key]: 'mine' } }))).toContain(
        `[label-reserved] podLabels["${key}"] is "mine": every object of the service has it already. Leave it out.`,
      );
    },
  );

  test.each<Record<string, string>>([{ 'a b': 'c' }, { a: 'b c' }])('cannot have the label %j', (podLabels) => {
    expect(failure(() => synthesize({ podLabels }))).toContain('[label-invalid] podLabels[');
  });

  test('cannot have an annotation without a proper key', () => {
    expect(failure(() => synthesize({ podAnnotations: { 'a b': 'any text is fine' } }))).toContain(
      '[annotation-invalid] podAnnotations["a b"]',
    );
  });
});

describe('exemptions from auditors', () => {
  test('Polaris deploymentMissingReplicas yields to the autoscaler, and says why', () => {
    const { deployment } = synthesize();

    expect(deployment).toHaveProperty('metadata.annotations', {
      'polaris.fairwinds.com/deploymentMissingReplicas-exempt': 'true',
      'cdk8s-whisper-stt/deploymentMissingReplicas-exempt-reason': expect.stringContaining('The autoscaler owns'),
    });
    expect(deployment).not.toHaveProperty('spec.replicas');
  });
});
