import { synthesize } from './synthesize';

describe('the workload', () => {
  const { deployment } = synthesize();

  test('keeps five revisions to go back to', () => {
    expect(deployment).toHaveProperty('spec.revisionHistoryLimit', 5);
  });

  test('counts a pod as available when it has been ready for 10 s', () => {
    expect(deployment).toHaveProperty('spec.minReadySeconds', 10);
  });

  test('gets no environment variables for the Services of its namespace', () => {
    expect(deployment).toHaveProperty('spec.template.spec.enableServiceLinks', false);
  });

  test('demands no node to itself: required spreading would leave pods pending', () => {
    expect(deployment).not.toHaveProperty('spec.template.spec.affinity');
  });

  test('is selected by cdk8s-plus connections under a label that does not follow the construct path', () => {
    expect(deployment).toHaveProperty(
      ['spec', 'template', 'metadata', 'labels', 'cdk8s.io/metadata.addr'],
      'stt-service',
    );
  });
});
