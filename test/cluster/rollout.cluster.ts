import type { WatchEvent } from './api-server';
import { kubectl } from './kubectl';
import { isReady, type Deployment, type List, type Pod } from './objects';
import { IDLE, RunningApp } from './running-app';
import { SynthesizedApp } from './synthesized-app';

/** The fewest pods at any moment of a rollout. */
interface Fewest {
  /** Ready and not about to end: those that get requests. */
  readonly ready: number;
  /** As the Deployment counts them: ready for `minReadySeconds`. */
  readonly available: number;
}

const app = SynthesizedApp.named('voice-agent-phase5').inNamespace('rollout');
const { name } = app.deployment.metadata;
const promised = app.hpa.spec.minReplicas;

/** Says how few pods there were while something happened: every change counts, as the API server stored it. */
async function fewestDuring(running: RunningApp, something: () => Promise<void>): Promise<Fewest> {
  const { items, metadata } = await running.api.get<List<Pod>>(running.podsPath);
  const deployment = await running.deployment();
  const pods = new Map(items.map((pod) => [pod.metadata.name, pod]));
  const readyNow = (): number => [...pods.values()].filter(isReady).length;
  let ready = readyNow();
  let available = deployment.status.availableReplicas ?? 0;
  const watches = [
    running.api.watch(running.podsPath, metadata.resourceVersion, ({ type, object }: WatchEvent<Pod>) => {
      if (type === 'DELETED') pods.delete(object.metadata.name);
      else pods.set(object.metadata.name, object);
      ready = Math.min(ready, readyNow());
    }),
    running.api.watch(running.deploymentsPath, metadata.resourceVersion, ({ object }: WatchEvent<Deployment>) => {
      available = Math.min(available, object.status.availableReplicas ?? 0);
    }),
  ];
  try {
    await something();
  } finally {
    watches.forEach((watch) => {
      watch.close();
    });
  }
  return { ready, available };
}

/** Changes a variable of the server and waits until every pod has it. */
async function rollOut(running: RunningApp, seconds: number): Promise<void> {
  const before = (await running.pods()).map(({ metadata }) => metadata.uid);
  const change = ['set', 'env', `deployment/${name}`, `STT_REQUEST_TIMEOUT_SECONDS=${seconds}`];
  for (const command of [change, ['rollout', 'status', `deployment/${name}`, '--timeout=90s']]) {
    expect(await kubectl(['-n', app.namespace, ...command])).toMatchObject({ code: 0, stderr: '' });
  }
  await running.untilAvailable(promised);
  const after = (await running.pods()).map(({ metadata }) => metadata.uid);
  expect(after.filter((uid) => before.includes(uid))).toEqual([]);
}

describe('a rollout', () => {
  let running: RunningApp;

  beforeAll(async () => {
    running = await RunningApp.start(app, IDLE);
  });

  test('replaces every pod and never has fewer than the autoscaler promises', async () => {
    const fewest = await fewestDuring(running, () => rollOut(running, 61));

    expect(fewest).toEqual({ ready: promised, available: promised });
  });

  test('would have fewer if pods could be unavailable, and that would be seen', async () => {
    const patch = JSON.stringify({ spec: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } } });
    await kubectl(['-n', app.namespace, 'patch', 'deployment', name, '--patch', patch]);

    const fewest = await fewestDuring(running, () => rollOut(running, 62));

    expect(fewest).toEqual({ ready: promised - 1, available: promised - 1 });
  });
});
