import type { WatchEvent } from './api-server';
import type { Deployment, List } from './objects';
import { IDLE, RunningApp } from './running-app';
import { SynthesizedApp } from './synthesized-app';

describe('the autoscaler under load', () => {
  const app = SynthesizedApp.named('voice-agent-phase5').inNamespace('burst');
  let running: RunningApp;

  beforeAll(async () => {
    running = await RunningApp.start(app, IDLE);
  });

  test('at most doubles the pods with each step, up to the maximum, which spread over the three zones', async () => {
    const { metadata } = await running.api.get<List<Deployment>>(running.deploymentsPath);
    const counts = [app.hpa.spec.minReplicas];
    const watch = running.api.watch(
      running.deploymentsPath,
      metadata.resourceVersion,
      ({ object }: WatchEvent<Deployment>) => {
        if (object.spec.replicas !== counts.at(-1)) counts.push(object.spec.replicas!);
      },
    );

    // All that eight pods can do.
    running.use({ ...IDLE, cpu: 'total:16000m' });
    await running.untilAvailable(app.hpa.spec.maxReplicas, { timeoutMs: 180_000 });
    watch.close();

    // A step may fall short of doubling: what new pods use is not known at once.
    for (const [before, after] of pairs(counts)) {
      expect(after).toBeGreaterThan(before);
      expect(after).toBeLessThanOrEqual(2 * before);
    }
    expect(counts.at(-1)).toBe(app.hpa.spec.maxReplicas);
    expect(Object.values(await running.podsPerZone()).sort()).toEqual([2, 3, 3]);
  });
});

const pairs = (counts: number[]) => counts.slice(1).map((after, index) => [counts[index]!, after] as const);
