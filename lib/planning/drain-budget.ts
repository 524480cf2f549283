/** The times that pass between the decision to stop a pod and the end of its last request, in seconds. */
export interface DrainTimes {
  /** The container's `preStop` hook; the grace period runs meanwhile. */
  readonly preStopSeconds: number;
  /** From SIGTERM until the listener closes, for endpoints to be withdrawn. */
  readonly drainDelaySeconds: number;
  /** A request that came in the last moment may take this long. */
  readonly longestRequestSeconds: number;
  /** Between the end of that request and the kubelet's SIGKILL. */
  readonly marginSeconds: number;
}

/** The shortest grace period in which nothing is cut off, in seconds. They follow each other, so it is their sum. */
export function gracePeriodSeconds(times: DrainTimes): number {
  return times.preStopSeconds + times.drainDelaySeconds + times.longestRequestSeconds + times.marginSeconds;
}
