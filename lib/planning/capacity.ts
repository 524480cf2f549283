/** What a service can come to use, from which quotas and node pools are sized. */

/** What one pod requests, all of its containers together. */
export interface PodSize {
  /** Thousandths of a CPU, as Kubernetes counts. */
  readonly cpuMillis: number;
  readonly memoryBytes: number;
}

/** How many pods there can be. */
export interface ReplicaRange {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** `maxSurge` of the rolling update: pods, or a percentage such as `25%`. */
  readonly maxSurge: number | string;
}

/** A number of pods, and what they request together. */
export interface Capacity extends PodSize {
  readonly pods: number;
}

/** The three loads that a cluster has to be able to carry. */
export interface WorstCase {
  /** Nobody calls. */
  readonly min: Capacity;
  /** The autoscaler has added all that it may. */
  readonly max: Capacity;
  /** A rollout begins just then. */
  readonly surge: Capacity;
}

export function capacityOf(pods: number, { cpuMillis, memoryBytes }: PodSize): Capacity {
  return { pods, cpuMillis: pods * cpuMillis, memoryBytes: pods * memoryBytes };
}

export function worstCase(pod: PodSize, { minReplicas, maxReplicas, maxSurge }: ReplicaRange): WorstCase {
  return {
    min: capacityOf(minReplicas, pod),
    max: capacityOf(maxReplicas, pod),
    surge: capacityOf(maxReplicas + surgePods(maxSurge, maxReplicas), pod),
  };
}

/** Pods that a rollout adds. A percentage is of the replicas, rounded up (kubernetes, `maxSurge`). */
export function surgePods(maxSurge: number | string, replicas: number): number {
  if (typeof maxSurge === 'number') {
    return maxSurge;
  }
  return Math.ceil((Number.parseInt(maxSurge, 10) * replicas) / 100);
}
