import { DEFAULTS, DRAIN, ENV } from '../contract';
import { gracePeriodSeconds, type DrainTimes } from '../planning/drain-budget';
import { environmentValue, isServer, whisperPodsOf, type Container } from './manifest';
import type { Finding, Rule } from './rule';

/** Default of core/v1 PodSpec. */
const DEFAULT_GRACE_SECONDS = 30;

/** The server gives up on a request 5 s after its longest time: `drainMargin` may be that short, and not shorter. */
const SMALLEST_MARGIN_SECONDS = DRAIN.marginSeconds / 2;

/**
 * `["sleep", "5"]` as well as `["sh", "-c", "sleep 5"]`, with the units of coreutils and BusyBox; several amounts are
 * added: `sleep 1m 30s`.
 */
const SLEEP = /\bsleep(?<amounts>(?:\s+(?:\d+(?:\.\d*)?|\.\d+)[smhd]?(?![\w.]))+)/;

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400 };

/** A pod that is told to stop has the time to finish what it has begun. */
export const drainBudget: Rule = {
  id: 'drain-budget',
  severity: 'error',
  cause: 'the kubelet kills the pod in the middle of requests that it has accepted',
  explanation:
    'From the decision to stop a pod its grace period runs. In it follow each other: the preStop hook; the time until no ' +
    'new request reaches the pod, since endpoints are withdrawn everywhere only after a while; the longest request that ' +
    'came in the last moment; and a margin. Their sum is the shortest grace period that cuts nothing off. Kubernetes ' +
    'refuses a preStop sleep that is longer than the whole grace period.',

  check(manifests) {
    return whisperPodsOf(manifests).flatMap(({ object, pod }) => {
      const grace = pod.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
      const field = 'spec.terminationGracePeriodSeconds';
      const got = pod.terminationGracePeriodSeconds === undefined ? undefined : String(grace);
      return (pod.containers ?? []).flatMap((container): Finding[] => {
        const findings: Finding[] = [];
        const sleep = container.lifecycle?.preStop?.sleep?.seconds ?? 0;
        if (sleep > grace) {
          findings.push({
            object,
            field: `containers[${container.name}].lifecycle.preStop.sleep.seconds`,
            got: String(sleep),
            remedy: `Make it shorter than the grace period, ${grace} s: Kubernetes refuses the pod.`,
          });
        }
        const times = drainTimes(container);
        if (isServer(container) && grace < gracePeriodSeconds(times)) {
          findings.push({ object, field, got, remedy: remedy(times) });
        }
        return findings;
      });
    });
  },
};

function drainTimes(container: Container): DrainTimes {
  return {
    preStopSeconds: preStopSeconds(container),
    drainDelaySeconds: Number(environmentValue(container, ENV.drainDelaySeconds) ?? DEFAULTS.drainDelaySeconds),
    longestRequestSeconds: Number(
      environmentValue(container, ENV.requestTimeoutSeconds) ?? DEFAULTS.requestTimeoutSeconds,
    ),
    marginSeconds: SMALLEST_MARGIN_SECONDS,
  };
}

function preStopSeconds({ lifecycle }: Container): number {
  const { sleep, exec } = lifecycle?.preStop ?? {};
  return sleep?.seconds ?? sleepSeconds(exec?.command?.join(' ') ?? '');
}

function sleepSeconds(command: string): number {
  const amounts = SLEEP.exec(command)?.groups?.amounts?.trim().split(/\s+/) ?? [];
  return amounts.reduce((sum, amount) => sum + Number.parseFloat(amount) * (SECONDS[amount.slice(-1)] ?? 1), 0);
}

function remedy(times: DrainTimes): string {
  return (
    `Raise it to ${gracePeriodSeconds(times)} or more: ${times.preStopSeconds} s for preStop, ` +
    `${times.drainDelaySeconds} s until no new request comes, ${times.longestRequestSeconds} s for the longest request ` +
    `and ${times.marginSeconds} s in reserve. Left out, the prop 'terminationGracePeriod' is computed.`
  );
}
