import { replicaRange } from '../../../lib/policy/replica-range';

function check(spec: { minReplicas?: number; maxReplicas?: number }): ReturnType<typeof replicaRange.check> {
  return replicaRange.check([{ kind: 'HorizontalPodAutoscaler', metadata: { name: 'stt-hpa' }, spec }]);
}

describe('replica-range', () => {
  test.each([{ minReplicas: 2, maxReplicas: 8 }, { minReplicas: 3, maxReplicas: 3 }, { maxReplicas: 1 }])(
    'finds nothing in %j',
    (spec) => {
      expect(check(spec)).toEqual([]);
    },
  );

  test.each([
    [{ minReplicas: 9, maxReplicas: 8 }, '8', "Raise 'maxReplicas' to 9 or more, or lower 'minReplicas'."],
    [{ minReplicas: 2 }, undefined, "Raise 'maxReplicas' to 2 or more, or lower 'minReplicas'."],
    [{ maxReplicas: 0 }, '0', "Raise 'maxReplicas' to 1 or more, or lower 'minReplicas'."],
  ])('finds %j', (spec, got, remedy) => {
    expect(check(spec)).toEqual([
      { object: 'HorizontalPodAutoscaler stt-hpa', field: 'spec.maxReplicas', got, remedy },
    ]);
  });

  test('reads autoscalers only', () => {
    expect(replicaRange.check([{ kind: 'Deployment', metadata: { name: 'stt' }, spec: {} }])).toEqual([]);
  });
});
