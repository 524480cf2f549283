import { Duration } from 'cdk8s';
import { DEFAULTS, DRAIN } from './contract';
import type { PropFaults } from './prop-faults';

/** How long a request may take, from which the graceful end of a pod follows. */
export interface DrainProps {
  /**
   * Longest time that one transcription request may take. Whole seconds.
   *
   * A pod that is told to stop gets this long to finish what it has begun, and 15 s more: 5 s until no new request
   * reaches it, 10 s as a margin.
   *
   * @default Duration.seconds(60)
   */
  readonly requestTimeout?: Duration;
}

/**
 * The times of a graceful end, in seconds.
 *
 * On SIGTERM readiness fails at once, the listener stays open until endpoints are withdrawn everywhere, requests in
 * flight finish, and only then may the kubelet kill.
 */
export class Drain {
  readonly requestTimeoutSeconds: number;
  readonly delaySeconds = DRAIN.endpointPropagationSeconds;

  constructor(props: DrainProps, faults: PropFaults) {
    const requestTimeout = props.requestTimeout ?? Duration.seconds(DEFAULTS.requestTimeoutSeconds);
    this.requestTimeoutSeconds = faults.wholeSeconds('request-timeout-invalid', 'requestTimeout', requestTimeout, {
      min: 1,
      remedy: 'Give the longest request that you promise to answer, for example Duration.seconds(60).',
    });
  }

  toGracePeriod(): Duration {
    return Duration.seconds(this.delaySeconds + this.requestTimeoutSeconds + DRAIN.marginSeconds);
  }
}
