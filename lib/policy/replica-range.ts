import { objectName } from './manifest';
import type { Rule } from './rule';

/** What Kubernetes takes where `minReplicas` is left out. */
const DEFAULT_MIN_REPLICAS = 1;

/** The autoscaler's range has its smaller end first. */
export const replicaRange: Rule = {
  id: 'replica-range',
  severity: 'error',
  cause: 'no number of replicas is in the range, and Kubernetes would refuse the autoscaler',
  explanation:
    'A HorizontalPodAutoscaler keeps the number of pods from minReplicas to maxReplicas. Kubernetes refuses one whose ' +
    'maximum is below its minimum, after the other objects have been applied.',

  check(manifests) {
    return manifests.flatMap((manifest) => {
      const { minReplicas = DEFAULT_MIN_REPLICAS, maxReplicas } = manifest.spec ?? {};
      if (manifest.kind !== 'HorizontalPodAutoscaler' || (maxReplicas ?? 0) >= minReplicas) {
        return [];
      }
      return [
        {
          object: objectName(manifest),
          field: 'spec.maxReplicas',
          got: maxReplicas === undefined ? undefined : String(maxReplicas),
          remedy: `Raise 'maxReplicas' to ${minReplicas} or more, or lower 'minReplicas'.`,
        },
      ];
    });
  },
};
