import { DRAIN, ENV } from '../../../../../lib/contract';
import type { Config } from '../../../config';
import { failure, ok, warning, type Finding } from '../finding';
import type { ServerFacts } from '../server-facts';

/** The count alone: a key, or a part of one, is nothing to print. */
export function judgeApiKeys({ config, apiKeys }: ServerFacts): Finding {
  const wanted = `a readable file with a key a line in ${ENV.apiKeysFile}, or everybody is served`;
  if (apiKeys === undefined) return ok('none: everybody who reaches the port is served', wanted);
  if ('error' in apiKeys) {
    return failure(apiKeys.error, wanted, 'Mount the Secret there, readable for the user of the server.');
  }
  return ok(`${apiKeys.value} in ${config.apiKeysFile ?? ''}`, wanted);
}

export function judgePort({ config: { host, port }, port: facts }: ServerFacts): Finding {
  const wanted = `${host}:${port} is free`;
  switch (facts.state) {
    case 'free':
      return ok(port === 0 ? 'the system will choose one' : 'free', wanted);
    case 'server':
      return ok('a server of this kind listens there already', wanted);
    case 'taken':
      return failure(
        facts.reason,
        wanted,
        `End what listens there, or choose another ${ENV.port}; ${ENV.host} must be an address of this host.`,
      );
  }
}

/**
 * How long those in front of the server keep an idle connection, in seconds, as shipped: Go's http.DefaultTransport, AWS
 * Application Load Balancer, nginx's upstream keepalive_timeout, Node.js' undici, httpx.
 */
const PATIENCE_SECONDS: readonly (readonly [name: string, seconds: number])[] = [
  ['Go', 90],
  ['AWS ALB', 60],
  ['nginx', 60],
  ['httpx', 5],
  ['undici', 4],
];
/** Those that by default keep it for longer than a server reasonably does: Google Cloud's load balancers, Envoy. */
const MORE_PATIENT = 'Google Cloud load balancing 600 s, Envoy 3600 s';

/** Who closes first loses the request that is under way in the other direction. */
export function judgeKeepAlive(keepAliveMs: number): Finding {
  const longest = Math.max(...PATIENCE_SECONDS.map(([, seconds]) => seconds));
  const callers = PATIENCE_SECONDS.map(([name, seconds]) => `${name} ${seconds} s`).join(', ');
  const wanted = `longer than idle connections of callers live: ${callers}`;
  const found = `${keepAliveMs / 1000} s (callers that wait longer must be told to close earlier, or to try again: ${MORE_PATIENT})`;
  if (keepAliveMs > longest * 1000) return ok(found, wanted);
  return warning(found, wanted, `Idle connections must outlive their callers' ${longest} s, or requests are reset.`);
}

/** @param gracePeriodSeconds terminationGracePeriodSeconds of the pod, which it cannot see; undefined where nobody told */
export function judgeDrain(config: Config, gracePeriodSeconds: number | undefined): Finding {
  const { drainDelaySeconds: delay, requestTimeoutSeconds: timeout } = config;
  const need = delay + timeout + DRAIN.marginSeconds;
  const wanted = `a grace period of ${need} s (${delay} s delay, ${timeout} s for the longest request, ${DRAIN.marginSeconds} s margin), and what a preStop hook waits`;
  if (gracePeriodSeconds === undefined) return ok('not known here: --grace-period SECONDS tells it', wanted);
  if (gracePeriodSeconds >= need) return ok(`${gracePeriodSeconds} s`, wanted);
  return failure(
    `${gracePeriodSeconds} s`,
    wanted,
    `The kubelet would kill what is being answered: raise terminationGracePeriodSeconds, or lower ${ENV.requestTimeoutSeconds}.`,
  );
}
