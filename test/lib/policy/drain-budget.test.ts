import { drainBudget } from '../../../lib/policy/drain-budget';
import type { Container } from '../../../lib/policy/manifest';
import { deploymentOf, serverContainer } from './manifests';

/** A server that waits 5 s and answers for 60 s, after 7 s of preStop where the change says so. */
function server(lifecycle?: Container['lifecycle'], times: readonly (readonly [string, string])[] = TIMES): Container {
  const env = [['STT_MODEL', 'tiny'] as const, ...times].map(([name, value]) => ({ name, value }));
  return serverContainer({ env, lifecycle });
}

const TIMES = [
  ['STT_DRAIN_DELAY_SECONDS', '5'],
  ['STT_REQUEST_TIMEOUT_SECONDS', '60'],
] as const;

function check(container: Container, grace: number | undefined): ReturnType<typeof drainBudget.check> {
  return drainBudget.check([deploymentOf({ containers: [container], terminationGracePeriodSeconds: grace })]);
}

describe('drain-budget', () => {
  test.each([
    ['no preStop', server(), 70],
    ['preStop.sleep', server({ preStop: { sleep: { seconds: 7 } } }), 77],
    ['a sleep command', server({ preStop: { exec: { command: ['sleep', '7'] } } }), 77],
    ['a shell that sleeps', server({ preStop: { exec: { command: ['/bin/sh', '-c', 'sleep  7.5; echo'] } } }), 77.5],
    ['a sleep of minutes', server({ preStop: { exec: { command: ['sleep', '1m'] } } }), 130],
    ['a sleep of hours', server({ preStop: { exec: { command: ['/bin/sh', '-c', 'sleep 2h; echo'] } } }), 7270],
    ['a sleep of seconds', server({ preStop: { exec: { command: ['sleep', '30s'] } } }), 100],
    ['a sleep of days', server({ preStop: { exec: { command: ['sleep', '1d'] } } }), 86470],
    ['a sleep of a part', server({ preStop: { exec: { command: ['sleep', '.5m'] } } }), 100],
    ['a sleep of a sum', server({ preStop: { exec: { command: ['sleep', '1m', '30s'] } } }), 160],
    ['a sleep of no known unit', server({ preStop: { exec: { command: ['sleep', '9x'] } } }), 70],
    ['another command', server({ preStop: { exec: { command: ['flush', '7'] } } }), 70],
    ['a command of nothing', server({ preStop: { exec: {} } }), 70],
    ['a hook of nothing', server({ preStop: {} }), 70],
    ['a hook after the start', server({}), 70],
    ["the server's own times", server(undefined, []), 65],
  ])('with %s the grace period has a shortest length', (_, container, needed) => {
    expect(check(container, needed)).toEqual([]);
    expect(check(container, needed - 1)).toHaveLength(1);
  });

  test('says what the time is needed for', () => {
    expect(check(server({ preStop: { sleep: { seconds: 7 } } }), 30)).toEqual([
      {
        object: 'Deployment stt',
        field: 'spec.terminationGracePeriodSeconds',
        got: '30',
        remedy:
          'Raise it to 77 or more: 7 s for preStop, 5 s until no new request comes, 60 s for the longest request and 5 s ' +
          "in reserve. Left out, the prop 'terminationGracePeriod' is computed.",
      },
    ]);
  });

  test("takes Kubernetes' 30 s where none is given", () => {
    const quick = [['STT_REQUEST_TIMEOUT_SECONDS', '25'] as const];

    expect(check(server(undefined, quick), undefined)).toEqual([]);
    expect(check(server(), undefined)[0]?.got).toBeUndefined();
    expect(check(server(), undefined)).toHaveLength(1);
  });

  test('finds a sleep that is longer than the whole grace period, of any container', () => {
    const sidecar = { name: 'proxy', lifecycle: { preStop: { sleep: { seconds: 71 } } } };
    const pod = { containers: [server(), sidecar], terminationGracePeriodSeconds: 70 };

    expect(drainBudget.check([deploymentOf(pod)])).toEqual([
      {
        object: 'Deployment stt',
        field: 'containers[proxy].lifecycle.preStop.sleep.seconds',
        got: '71',
        remedy: 'Make it shorter than the grace period, 70 s: Kubernetes refuses the pod.',
      },
    ]);
    expect(drainBudget.check([deploymentOf({ ...pod, terminationGracePeriodSeconds: 71 })])).toEqual([]);
  });
});
