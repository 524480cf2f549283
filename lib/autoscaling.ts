import type { ApiObject, Size } from 'cdk8s';
import { k8s, type Deployment } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Identity } from './identity';
import { IDLE_MEMORY_ANNOTATION } from './policy/idle-memory';
import type { PropFaults } from './prop-faults';

/** How many pods there are, and when that changes. */
export interface AutoscalingProps {
  /**
   * Fewest pods. Two of them survive the loss of one node.
   *
   * @default 2
   */
  readonly minReplicas?: number;

  /**
   * Most pods.
   *
   * @default 8
   */
  readonly maxReplicas?: number;

  /**
   * Average CPU use above which pods are added, in percent of the CPUs requested.
   *
   * @default 60
   */
  readonly targetCpuUtilizationPercent?: number;

  /**
   * Average memory use above which pods are added, in percent of the memory requested.
   *
   * Whisper's memory does not fall when pods are added: a pod that idles above `target × min / (min + 1)` (46 % by
   * default) keeps the autoscaler from ever coming back to `minReplicas`. Synth proves that it comes back.
   *
   * @default 70
   */
  readonly targetMemoryUtilizationPercent?: number;

  /**
   * Working set of a pod while nobody calls, as `kubectl top pod` shows it after some requests. Whole mebibytes.
   *
   * It changes nothing in the cluster: synth proves with it that the autoscaler comes back to `minReplicas`.
   *
   * @default - what was measured for tiny in int8; for another model 70 % of its need, and a warning in doubt
   */
  readonly idleMemory?: Size;
}

/** The deployment document's. */
const DEFAULT_MIN_REPLICAS = 2;
const DEFAULT_MAX_REPLICAS = 8;
const DEFAULT_CPU_PERCENT = 60;
const DEFAULT_MEMORY_PERCENT = 70;

/**
 * Stated in full: what Kubernetes and cdk8s-plus fill in differs.
 *
 * Up fast, as callers wait: at most double, or two pods, every 10 s. Down slowly: speech comes in bursts, and a new
 * pod has to load its model.
 */
const BEHAVIOR: k8s.HorizontalPodAutoscalerBehaviorV2 = {
  scaleUp: {
    stabilizationWindowSeconds: 30,
    selectPolicy: 'Max',
    policies: [
      { type: 'Percent', value: 100, periodSeconds: 10 },
      { type: 'Pods', value: 2, periodSeconds: 10 },
    ],
  },
  scaleDown: {
    stabilizationWindowSeconds: 300,
    selectPolicy: 'Max',
    policies: [
      { type: 'Percent', value: 10, periodSeconds: 60 },
      { type: 'Pods', value: 1, periodSeconds: 60 },
    ],
  },
};

/** Range and targets of the autoscaler. */
export class Autoscaling {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly cpuPercent: number;
  readonly memoryPercent: number;
  readonly idleMebibytes: number | undefined;

  constructor(props: AutoscalingProps, faults: PropFaults) {
    const replicas = { min: 1, remedy: 'Give a number of pods.' };
    const percent = { min: 1, max: 100, remedy: 'Requests equal limits, so no pod can use more than 100 %.' };
    const { minReplicas = DEFAULT_MIN_REPLICAS, maxReplicas = DEFAULT_MAX_REPLICAS } = props;
    this.minReplicas = faults.wholeNumber('replicas-invalid', 'minReplicas', minReplicas, replicas);
    this.maxReplicas = faults.wholeNumber('replicas-invalid', 'maxReplicas', maxReplicas, replicas);
    this.cpuPercent = faults.wholeNumber(
      'utilization-invalid',
      'targetCpuUtilizationPercent',
      props.targetCpuUtilizationPercent ?? DEFAULT_CPU_PERCENT,
      percent,
    );
    this.memoryPercent = faults.wholeNumber(
      'utilization-invalid',
      'targetMemoryUtilizationPercent',
      props.targetMemoryUtilizationPercent ?? DEFAULT_MEMORY_PERCENT,
      percent,
    );
    this.idleMebibytes =
      props.idleMemory &&
      faults.wholeMebibytes('idle-memory-invalid', 'idleMemory', props.idleMemory, {
        min: 1,
        remedy: 'Give the working set that you measured, with Size.mebibytes.',
      });
  }
}

/**
 * The autoscaler, written with cdk8s-plus-28's generated types: its own class throws on a crossed range before the
 * other faults can be listed, and has defaults that are not Kubernetes'.
 */
export function createHpa(
  scope: Construct,
  identity: Identity,
  deployment: Deployment,
  autoscaling: Autoscaling,
): ApiObject {
  // From here on the replica count is the autoscaler's: a number in the manifest would reset it at each apply.
  deployment.markHasAutoscaler();
  return new k8s.KubeHorizontalPodAutoscalerV2(scope, 'Hpa', {
    metadata: { ...identity.metadata(`${identity.name}-hpa`), annotations: idleAnnotation(autoscaling) },
    spec: {
      scaleTargetRef: { apiVersion: deployment.apiVersion, kind: deployment.kind, name: deployment.name },
      minReplicas: autoscaling.minReplicas,
      maxReplicas: autoscaling.maxReplicas,
      metrics: [utilization('cpu', autoscaling.cpuPercent), utilization('memory', autoscaling.memoryPercent)],
      behavior: BEHAVIOR,
    },
  });
}

/** For the rules, which see nothing but manifests. */
function idleAnnotation({ idleMebibytes }: Autoscaling): Record<string, string> | undefined {
  return idleMebibytes === undefined ? undefined : { [IDLE_MEMORY_ANNOTATION]: `${idleMebibytes}Mi` };
}

function utilization(name: string, averageUtilization: number): k8s.MetricSpecV2 {
  return { type: 'Resource', resource: { name, target: { type: 'Utilization', averageUtilization } } };
}
