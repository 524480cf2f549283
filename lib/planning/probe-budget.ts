/** When a probe gives up, in Kubernetes' own terms and with its defaults where a field is missing. */
export interface ProbeTimes {
  /** @default 0 */
  readonly initialDelaySeconds?: number;
  /** @default 10 */
  readonly periodSeconds?: number;
  /** @default 3 */
  readonly failureThreshold?: number;
}

/** Defaults of core/v1 Probe. */
const DEFAULTS = { initialDelaySeconds: 0, periodSeconds: 10, failureThreshold: 3 };

/**
 * Time from the start of a container that does not answer until the kubelet restarts it, in seconds.
 *
 * The first probe comes right after the initial delay, so the last of n failures comes n − 1 periods later. A refused
 * connection fails at once: the timeout adds nothing.
 */
export function probeBudgetSeconds(probe: ProbeTimes): number {
  const { initialDelaySeconds, periodSeconds, failureThreshold } = { ...DEFAULTS, ...probe };
  return initialDelaySeconds + (failureThreshold - 1) * periodSeconds;
}

/** Smallest failure threshold that gives a container `seconds` to start. */
export function failureThresholdFor(seconds: number, probe: ProbeTimes): number {
  const { initialDelaySeconds, periodSeconds } = { ...DEFAULTS, ...probe };
  return Math.max(1, Math.ceil((seconds - initialDelaySeconds) / periodSeconds) + 1);
}
