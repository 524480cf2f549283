import { autoscalersOf, type Metric } from './manifest';
import type { Rule } from './rule';

/** What Kubernetes takes where `minReplicas` is left out. */
const DEFAULT_MIN_REPLICAS = 1;

/** The autoscaler has more than one pod to judge the load by. */
export const cpuInitialization: Rule = {
  id: 'cpu-initialization',
  severity: 'advice',
  cause:
    'the CPU of a pod that has just started is not counted, so after a restart nothing scales by CPU until the only ' +
    'pod is seen again',
  explanation:
    "The autoscaler leaves a pod's CPU out while the pod is not ready, and in its first five minutes " +
    '(`--horizontal-pod-autoscaler-cpu-initialization-period`) also until a whole sample was taken after it became ready. ' +
    'When every pod is new the count stays as it is, whatever the load. With two or more pods one that has run for ' +
    'longer is usually there.',

  check(manifests) {
    return autoscalersOf(manifests).flatMap(({ object, autoscaler }) => {
      const { minReplicas = DEFAULT_MIN_REPLICAS, maxReplicas = minReplicas, metrics = [] } = autoscaler.spec ?? {};
      if (minReplicas > 1 || maxReplicas <= minReplicas || !metrics.some(isCpu)) {
        return [];
      }
      return [
        {
          object,
          field: 'spec.minReplicas',
          got: String(minReplicas),
          remedy: "Raise 'minReplicas' to 2, which also survives the loss of a node.",
        },
      ];
    });
  },
};

function isCpu({ resource, containerResource }: Metric): boolean {
  return (resource ?? containerResource)?.name === 'cpu';
}
