import { cpuInitialization } from '../../../lib/policy/cpu-initialization';
import type { Manifest, Metric } from '../../../lib/policy/manifest';
import { autoscalerOf, deploymentOf, memoryMetric, serverContainer } from './manifests';

const target = { type: 'Utilization', averageUtilization: 60 };
const cpu: Metric = { type: 'Resource', resource: { name: 'cpu', target } };
const cpuOfContainer: Metric = {
  type: 'ContainerResource',
  containerResource: { name: 'cpu', container: 'server', target },
};

function check(spec: Manifest['spec']): ReturnType<typeof cpuInitialization.check> {
  return cpuInitialization.check([deploymentOf({ containers: [serverContainer()] }), autoscalerOf(spec)]);
}

describe('cpu-initialization', () => {
  test('is advice', () => {
    expect(cpuInitialization.severity).toBe('advice');
  });

  test.each([
    [{ minReplicas: 1, metrics: [memoryMetric(), cpu] }],
    [{ minReplicas: 1, metrics: [cpuOfContainer] }],
    [{ minReplicas: undefined, metrics: [cpu] }],
  ])('finds %j', (spec) => {
    expect(check(spec)).toEqual([
      {
        object: 'HorizontalPodAutoscaler stt-hpa',
        field: 'spec.minReplicas',
        got: '1',
        remedy: "Raise 'minReplicas' to 2, which also survives the loss of a node.",
      },
    ]);
  });

  test.each([
    [{ minReplicas: 2, metrics: [cpu] }],
    [{ minReplicas: 1, maxReplicas: 1, metrics: [cpu] }],
    [{ minReplicas: 1, maxReplicas: undefined, metrics: [cpu] }],
    [{ minReplicas: 1, metrics: [memoryMetric()] }],
    [{ minReplicas: 1, metrics: undefined }],
    [{ minReplicas: 1, metrics: [{ type: 'External' }] }],
  ])('finds nothing in %j', (spec) => {
    expect(check(spec)).toEqual([]);
  });
});
