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

  test('doubles the pods to the maximum, which spread over the three zones', async () => {
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

    expect(counts).toEqual([2, 4, 8]);
    expect(Object.values(await running.podsPerZone()).sort()).toEqual([2, 3, 3]);
  });
});
