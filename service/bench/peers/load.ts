import { setTimeout as sleep } from 'node:timers/promises';
import { closedLoopFor } from '../load/closed-loop';
import { percentile } from '../load/percentile';
import { SHORT_CASE } from './cases';
import type { LoadLayout, PeerDefinition } from './peers';
import { MemoryPeak } from './process-memory';
import type { LoadFigures, LoadLevel } from './results';
import { startService, type ServiceUnderLoad } from './service-under-load';
import { timesOf } from './times';
import type { Workbench } from './workbench';

export const CLIENTS = [1, 2, 4, 8, 16] as const;
/** Where layouts are compared, and memory is divided among streams. */
export const COMPARED_CLIENTS = 8;
/** How long clients ask; what they have asked for by then is waited for. */
const SECONDS = 4;
/** Every process and worker of a layout gets one before its first level. */
const WARM_UPS = 4;
/** How long clients ask before the clock runs: a server that divides its threads by the load has then done so. */
const SETTLING_SECONDS = 6;
/** Kubernetes asks every few seconds; here often, so that a percentile can be told of a few seconds. */
const PROBE_INTERVAL_MS = 25;
const MEMORY_INTERVAL_MS = 500;

/** Closed-loop clients, each asking again as soon as it is answered, while probes are asked. */
export async function measureLoad(bench: Workbench, peer: PeerDefinition): Promise<LoadFigures> {
  const compared = new Map<LoadLayout, LoadLevel>();
  for (const layout of peer.layouts) {
    bench.say(`load: ${peer.title}, ${layout.name}, ${COMPARED_CLIENTS} clients`);
    const [level] = await withService(bench, peer, layout, [COMPARED_CLIENTS]);
    compared.set(layout, level!);
  }
  const [best, comparedLevel] = [...compared].reduce((one, other) =>
    other[1].perSecond > one[1].perSecond ? other : one,
  );
  const others = CLIENTS.filter((clients) => clients !== COMPARED_CLIENTS);
  bench.say(`load: ${peer.title}, ${best.name}, ${others.join(', ')} clients`);
  const levels = [...(await withService(bench, peer, best, others)), comparedLevel];
  return {
    layouts: Object.fromEntries([...compared].map(([{ name }, { perSecond }]) => [name, perSecond])),
    bestLayout: best.name,
    levels: levels.sort((one, other) => one.clients - other.clients),
  };
}

async function withService(
  bench: Workbench,
  peer: PeerDefinition,
  layout: LoadLayout,
  levels: readonly number[],
): Promise<readonly LoadLevel[]> {
  const service = await startService(bench, peer, layout, SHORT_CASE);
  try {
    await Promise.all(Array.from({ length: WARM_UPS }, () => service.serve()));
    const measured: LoadLevel[] = [];
    for (const clients of levels) measured.push(await measureLevel(service, clients));
    return measured;
  } finally {
    await service.stop();
  }
}

async function measureLevel(service: ServiceUnderLoad, clients: number): Promise<LoadLevel> {
  await closedLoopFor(SETTLING_SECONDS, clients, () => service.serve());
  const latencies: number[] = [];
  const probes: number[] = [];
  const over = new AbortController();
  const probing = (async (): Promise<void> => {
    while (!over.signal.aborted) {
      probes.push(await service.probe());
      await sleep(PROBE_INTERVAL_MS);
    }
  })();
  const memory = new MemoryPeak(service.pids, MEMORY_INTERVAL_MS);
  const seconds = await closedLoopFor(SECONDS, clients, async () => {
    const started = performance.now();
    await service.serve();
    latencies.push(performance.now() - started);
  });
  over.abort();
  const peakProportionalBytes = memory.stop();
  await probing;
  return {
    clients,
    perSecond: latencies.length / seconds,
    latency: timesOf(latencies),
    probes: { median: percentile(probes, 0.5), p99: percentile(probes, 0.99), count: probes.length },
    peakProportionalBytes,
  };
}
