/**
 * Where a HorizontalPodAutoscaler comes to rest when each pod uses the same memory whatever there is to do.
 *
 * Whisper's working set does not fall when pods are added, so a memory target holds the count up on its way down. This
 * is the arithmetic of k8s.io/kubernetes pkg/controller/podautoscaler (replica_calculator.go, metrics/utilization.go),
 * in the same order and the same floating point: at its edges nothing else gives the same answer.
 */

/** Releases of the controller that differ in what they take for near enough to the target. */
export type Controller = 'up to 1.32' | 'from 1.33';

export const CONTROLLERS: readonly Controller[] = ['up to 1.32', 'from 1.33'];

/** `--horizontal-pod-autoscaler-tolerance` of kube-controller-manager. */
const TOLERANCE = 0.1;

/** 77 % of a 70 % target is a ratio of 1.1: too much for the first, just right for the second. */
const WITHIN_TOLERANCE: Record<Controller, (usageRatio: number) => boolean> = {
  'up to 1.32': (usageRatio) => Math.abs(1 - usageRatio) <= TOLERANCE,
  'from 1.33': (usageRatio) => 1 - TOLERANCE <= usageRatio && usageRatio <= 1 + TOLERANCE,
};

/** @returns usage ÷ target, as the controller computes it for pods that use `workingSetBytes` each */
export type UsageRatio = (workingSetBytes: number) => number;

/** An autoscaler whose memory metric alone decides, which is what it is while nobody calls. */
export interface MemoryAutoscaler {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly usageRatio: UsageRatio;
}

/** Working sets for which the autoscaler rests at one count, on its way down from `maxReplicas`. */
export interface RestingBand {
  readonly replicas: number;
  readonly fromMebibytes: number;
  /** Undefined for the last band, which has no end. */
  readonly toMebibytes: number | undefined;
}

export const BYTES_IN_MEBIBYTE = 2 ** 20;

/**
 * The ratio of a target of type Utilization: a whole percentage of the memory requested, rounded down.
 *
 * @param requestBytes memory requested by a pod, all of its containers together
 */
export function utilizationRatio(requestBytes: number, targetPercent: number): UsageRatio {
  return (workingSetBytes) => Math.floor((workingSetBytes * 100) / requestBytes) / targetPercent;
}

/** The ratio of a target of type AverageValue. */
export function averageValueRatio(targetBytes: number): UsageRatio {
  return (workingSetBytes) => workingSetBytes / targetBytes;
}

/** What the controller wants next, before it looks at `minReplicas` and `maxReplicas`. */
export function desiredReplicas(replicas: number, usageRatio: number, controller: Controller): number {
  return WITHIN_TOLERANCE[controller](usageRatio) ? replicas : Math.ceil(usageRatio * replicas);
}

/**
 * The count at which nothing changes any more. Policies and windows decide how long that takes, not where it ends.
 *
 * @param start count of pods to begin with, from `minReplicas` to `maxReplicas`
 */
export function restingReplicas(
  start: number,
  { minReplicas, maxReplicas, usageRatio }: MemoryAutoscaler,
  workingSetBytes: number,
  controller: Controller,
): number {
  const ratio = usageRatio(workingSetBytes);
  const next = (replicas: number): number =>
    Math.min(Math.max(desiredReplicas(replicas, ratio, controller), minReplicas), maxReplicas);
  let replicas = start;
  while (next(replicas) !== replicas) {
    replicas = next(replicas);
  }
  return replicas;
}

/** Every count that a burst can leave behind, with the idle working sets that do so. */
export function restingBands(autoscaler: MemoryAutoscaler, controller: Controller): RestingBand[] {
  const { minReplicas, maxReplicas } = autoscaler;
  const restsAtOrAbove = (replicas: number) => (mebibytes: number) =>
    restingReplicas(maxReplicas, autoscaler, mebibytes * BYTES_IN_MEBIBYTE, controller) >= replicas;
  const counts = Array.from({ length: maxReplicas - minReplicas + 1 }, (_, above) => minReplicas + above);
  const starts = counts.map((replicas) => smallestWholeNumber(restsAtOrAbove(replicas)));
  return counts
    .map((replicas, index): RestingBand => {
      const end = starts[index + 1];
      return { replicas, fromMebibytes: starts[index]!, toMebibytes: end === undefined ? undefined : end - 1 };
    })
    .filter(({ fromMebibytes, toMebibytes }) => toMebibytes === undefined || fromMebibytes <= toMebibytes);
}

/**
 * The smallest idle working set with which pods are added although nobody calls, in whole mebibytes.
 *
 * @returns undefined where the range leaves no room to add any
 */
export function runawayMebibytes(autoscaler: MemoryAutoscaler, controller: Controller): number | undefined {
  const { minReplicas, maxReplicas } = autoscaler;
  if (minReplicas >= maxReplicas) {
    return undefined;
  }
  return smallestWholeNumber(
    (mebibytes) => restingReplicas(minReplicas, autoscaler, mebibytes * BYTES_IN_MEBIBYTE, controller) > minReplicas,
  );
}

/** Whether an autoscaler that has been at its maximum comes back to its minimum, whichever release runs it. */
export function returnsToMinimum(autoscaler: MemoryAutoscaler, workingSetBytes: number): boolean {
  const { minReplicas, maxReplicas } = autoscaler;
  return CONTROLLERS.every(
    (controller) => restingReplicas(maxReplicas, autoscaler, workingSetBytes, controller) === minReplicas,
  );
}

/** Smallest request with which a Utilization target lets these pods go back to the minimum, in whole mebibytes. */
export function smallestRequestMebibytes(
  range: Pick<MemoryAutoscaler, 'minReplicas' | 'maxReplicas'>,
  targetPercent: number,
  workingSetBytes: number,
): number {
  return smallestWholeNumber(
    (mebibytes) =>
      mebibytes > 0 &&
      returnsToMinimum(
        { ...range, usageRatio: utilizationRatio(mebibytes * BYTES_IN_MEBIBYTE, targetPercent) },
        workingSetBytes,
      ),
  );
}

/** @param holds false up to some number, true from there on */
export function smallestWholeNumber(holds: (candidate: number) => boolean): number {
  let above = 1;
  while (!holds(above)) {
    above *= 2;
  }
  let from = 0;
  while (from < above) {
    const middle = Math.floor((from + above) / 2);
    if (holds(middle)) {
      above = middle;
    } else {
      from = middle + 1;
    }
  }
  return from;
}
