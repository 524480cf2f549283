import { Duration } from 'cdk8s';
import { DEFAULTS, DRAIN, RANGES } from './contract';
import type { KubernetesVersion } from './kubernetes-version';
import type { PropFaults } from './prop-faults';

/** How long a request may take, from which the graceful end of a pod follows. */
export interface DrainProps {
  /**
   * Longest time that one transcription request may take, its upload included. Whole seconds, at most an hour.
   *
   * A pod that is told to stop gets this long to finish what it has begun.
   *
   * @default Duration.seconds(60)
   */
  readonly requestTimeout?: Duration;

  /**
   * Time for the endpoints of a stopping pod to be withdrawn everywhere; the pod takes new requests meanwhile. Whole
   * seconds, at most 5 minutes.
   *
   * From Kubernetes 1.30 the kubelet waits (`preStop.sleep`), before that the server does.
   *
   * @default Duration.seconds(5)
   */
  readonly endpointPropagation?: Duration;

  /**
   * Time between the end of the longest request and the kubelet's SIGKILL. Whole seconds, at least 5: the server itself
   * gives up 5 s after the longest request.
   *
   * @default Duration.seconds(10)
   */
  readonly drainMargin?: Duration;

  /**
   * Grace period of the pods. Whole seconds.
   *
   * @default - `endpointPropagation` + `requestTimeout` + `drainMargin`, which it must not be below: 75 s
   */
  readonly terminationGracePeriod?: Duration;
}

/** First version that has `preStop.sleep` by default (KEP-3960; generally available in 1.34). */
const PRE_STOP_SLEEP_MINOR = 30;

/**
 * The times of a graceful end, in seconds.
 *
 * Endpoints are withdrawn, requests in flight finish, and only then may the kubelet kill. The wait for the endpoints has
 * one owner: the kubelet before SIGTERM, or the server after it.
 */
export class Drain {
  readonly requestTimeoutSeconds: number;

  /** The kubelet's wait before SIGTERM; undefined where the version has none, or there is nothing to wait for. */
  readonly preStopSleepSeconds: number | undefined;

  /** The server's wait after SIGTERM. */
  readonly delaySeconds: number;

  readonly gracePeriodSeconds: number;

  constructor(props: DrainProps, version: KubernetesVersion, faults: PropFaults) {
    this.requestTimeoutSeconds = faults.wholeSeconds(
      'request-timeout-invalid',
      'requestTimeout',
      props.requestTimeout ?? Duration.seconds(DEFAULTS.requestTimeoutSeconds),
      {
        ...RANGES.requestTimeoutSeconds,
        remedy: 'Give the longest request that you promise to answer, for example Duration.seconds(60).',
      },
    );
    const propagation = faults.wholeSeconds(
      'endpoint-propagation-invalid',
      'endpointPropagation',
      props.endpointPropagation ?? Duration.seconds(DRAIN.endpointPropagationSeconds),
      {
        ...RANGES.drainDelaySeconds,
        remedy: 'Give the time in which your cluster withdraws endpoints, for example Duration.seconds(5).',
      },
    );
    const margin = faults.wholeSeconds(
      'drain-margin-invalid',
      'drainMargin',
      props.drainMargin ?? Duration.seconds(DRAIN.marginSeconds),
      { min: DRAIN.marginSeconds / 2, remedy: 'The server answers what it cuts off in that time.' },
    );
    this.preStopSleepSeconds = version.atLeast(PRE_STOP_SLEEP_MINOR) && propagation > 0 ? propagation : undefined;
    this.delaySeconds = this.preStopSleepSeconds === undefined ? propagation : 0;
    this.gracePeriodSeconds = gracePeriod(props, propagation + this.requestTimeoutSeconds + margin, faults);
  }

  toGracePeriod(): Duration {
    return Duration.seconds(this.gracePeriodSeconds);
  }
}

function gracePeriod({ terminationGracePeriod }: DrainProps, needed: number, faults: PropFaults): number {
  if (terminationGracePeriod === undefined) {
    return needed;
  }
  return faults.wholeSeconds('grace-period-short', 'terminationGracePeriod', terminationGracePeriod, {
    min: needed,
    remedy:
      "That is endpointPropagation + requestTimeout + drainMargin; with less the kubelet kills what is still answered. Leave it out, or lower 'requestTimeout'.",
  });
}
