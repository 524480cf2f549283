import { SizeRoundingBehavior, type ApiObject, type Duration, type Size } from 'cdk8s';
import { k8s, type Deployment } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Identity } from './identity';
import type { KubernetesVersion } from './kubernetes-version';
import { BYTES_IN_MEBIBYTE, smallestRequestMebibytes } from './planning/hpa-ratchet';
import { IDLE_MEMORY_ANNOTATION } from './policy/idle-memory';
import type { PropFaults } from './prop-faults';
import type { Sidecar } from './sidecar';

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
   * Working set of a pod while nobody calls, as `kubectl top pod` shows it after some requests; with `containerMetrics`
   * that of the server's container. Whole mebibytes.
   *
   * From it follows the default of `memory`, and synth proves with it that the autoscaler comes back to `minReplicas`.
   *
   * @default - 280Mi (int8) or 565Mi (fp32) for tiny, above what was measured; for base and small 70 % of the model's need
   */
  readonly idleMemory?: Size;

  /**
   * Whether the targets are compared with the server's container alone, and not with the whole pod: what sidecars use
   * and request then plays no part. Needs `kubernetesVersion` 1.30.
   *
   * @default false
   */
  readonly containerMetrics?: boolean;

  /**
   * Time for which the load must ask for more pods before any are added. Whole seconds, 0 to 3600.
   *
   * @default Duration.seconds(30)
   */
  readonly scaleUpWindow?: Duration;

  /**
   * Time for which the load must ask for fewer pods before any are removed. Whole seconds, 0 to 3600; synth wants more
   * than the 60 s of one step down.
   *
   * @default Duration.minutes(5)
   */
  readonly scaleDownWindow?: Duration;
}

/** The deployment document's. */
const DEFAULT_MIN_REPLICAS = 2;
const DEFAULT_MAX_REPLICAS = 8;
const DEFAULT_CPU_PERCENT = 60;
const DEFAULT_MEMORY_PERCENT = 70;

const DEFAULT_SCALE_UP_SECONDS = 30;
const DEFAULT_SCALE_DOWN_SECONDS = 300;

/** Bounds of autoscaling/v2 HPAScalingRules. */
const WINDOW = {
  min: 0,
  max: 3600,
  remedy: 'Kubernetes takes an hour at most. Give Duration.seconds(300), for example.',
};

/** Version in which the source ContainerResource is generally available (KEP-1610). */
const CONTAINER_METRICS_MINOR = 30;

/**
 * Stated in full: what Kubernetes and cdk8s-plus fill in differs.
 *
 * Up fast, as callers wait: at most double, or two pods, every 10 s. Down slowly: speech comes in bursts, and a new
 * pod has to load its model.
 */
function behavior({ scaleUpSeconds, scaleDownSeconds }: Autoscaling): k8s.HorizontalPodAutoscalerBehaviorV2 {
  return {
    scaleUp: {
      stabilizationWindowSeconds: scaleUpSeconds,
      selectPolicy: 'Max',
      policies: [
        { type: 'Percent', value: 100, periodSeconds: 10 },
        { type: 'Pods', value: 2, periodSeconds: 10 },
      ],
    },
    scaleDown: {
      stabilizationWindowSeconds: scaleDownSeconds,
      selectPolicy: 'Max',
      policies: [
        { type: 'Percent', value: 10, periodSeconds: 60 },
        { type: 'Pods', value: 1, periodSeconds: 60 },
      ],
    },
  };
}

/** Range, targets and windows of the autoscaler. */
export class Autoscaling {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly cpuPercent: number;
  readonly memoryPercent: number;
  readonly idleMebibytes: number | undefined;
  readonly containerMetrics: boolean;
  readonly scaleUpSeconds: number;
  readonly scaleDownSeconds: number;

  constructor(props: AutoscalingProps, version: KubernetesVersion, faults: PropFaults) {
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
    this.containerMetrics = props.containerMetrics ?? false;
    if (this.containerMetrics && !version.atLeast(CONTAINER_METRICS_MINOR)) {
      faults.add(
        'container-metrics-unsupported',
        'containerMetrics',
        'true',
        `kubernetesVersion is ${version.toString()}, and metrics of one container need 1.${CONTAINER_METRICS_MINOR}. ` +
          'Leave it out, or raise kubernetesVersion where every cluster has it.',
      );
    }
    this.scaleUpSeconds = windowSeconds('scaleUpWindow', props.scaleUpWindow, DEFAULT_SCALE_UP_SECONDS, faults);
    this.scaleDownSeconds = windowSeconds('scaleDownWindow', props.scaleDownWindow, DEFAULT_SCALE_DOWN_SECONDS, faults);
  }

  /**
   * Smallest memory of the server with which idle pods let the autoscaler come back to its minimum, in MiB.
   *
   * @param knownIdleMebibytes idle working set that is known of the server's model, for where none is declared
   * @param sidecars their memory counts as far as the metric sees it, and as if they used all of it
   * @returns 0 where any memory does, or nothing is known
   */
  memoryToReturnMebibytes(knownIdleMebibytes: number | undefined, sidecars: readonly Sidecar[]): number {
    const counted = this.containerMetrics ? [] : sidecars;
    const sidecarMebibytes = counted
      .map(({ memory }) => memory.toMebibytes({ rounding: SizeRoundingBehavior.NONE }))
      .reduce((sum, mebibytes) => sum + mebibytes, 0);
    const idle = this.idleMebibytes ?? (knownIdleMebibytes && knownIdleMebibytes + sidecarMebibytes);
    if (idle === undefined || this.minReplicas >= this.maxReplicas) {
      return 0;
    }
    return smallestRequestMebibytes(this, this.memoryPercent, idle * BYTES_IN_MEBIBYTE) - sidecarMebibytes;
  }
}

function windowSeconds(prop: string, window: Duration | undefined, seconds: number, faults: PropFaults): number {
  return window === undefined ? seconds : faults.wholeSeconds('scale-window-invalid', prop, window, WINDOW);
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
  const container = autoscaling.containerMetrics ? identity.name : undefined;
  const metric = (name: string, percent: number): k8s.MetricSpecV2 => utilization(name, percent, container);
  return new k8s.KubeHorizontalPodAutoscalerV2(scope, 'Hpa', {
    metadata: { ...identity.metadata(`${identity.name}-hpa`), annotations: idleAnnotation(autoscaling) },
    spec: {
      scaleTargetRef: { apiVersion: deployment.apiVersion, kind: deployment.kind, name: deployment.name },
      minReplicas: autoscaling.minReplicas,
      maxReplicas: autoscaling.maxReplicas,
      metrics: [metric('cpu', autoscaling.cpuPercent), metric('memory', autoscaling.memoryPercent)],
      behavior: behavior(autoscaling),
    },
  });
}

/** For the rules, which see nothing but manifests. */
function idleAnnotation({ idleMebibytes }: Autoscaling): Record<string, string> | undefined {
  return idleMebibytes === undefined ? undefined : { [IDLE_MEMORY_ANNOTATION]: `${idleMebibytes}Mi` };
}

/** @param container the one whose use counts; undefined for the whole pod's */
function utilization(name: string, averageUtilization: number, container: string | undefined): k8s.MetricSpecV2 {
  const target = { type: 'Utilization', averageUtilization };
  return container === undefined
    ? { type: 'Resource', resource: { name, target } }
    : { type: 'ContainerResource', containerResource: { name, container, target } };
}
