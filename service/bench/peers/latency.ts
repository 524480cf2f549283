import type { BenchCase } from './cases';
import type { Driver } from './driver';
import type { DriverOptions } from './drivers/driver-protocol';
import type { PeerDefinition } from './peers';
import { peakResidentBytes, processTree, proportionalBytes } from './process-memory';
import type { DefaultsFigures, LatencyFigures } from './results';
import { timesOf } from './times';
import type { Workbench } from './workbench';

/** The first run of a graph allocates its buffers and pages in its weights. */
const WARM_UPS = 2;

export interface LatencyResult {
  readonly figures: Readonly<Record<string, LatencyFigures>>;
  /** Versions and settings of each, in words. */
  readonly about: Readonly<Record<string, string>>;
}

/**
 * One window at a time, every peer in its own process. They take turns, so that what the machine does meanwhile meets
 * them all alike; each round begins with another one.
 */
export async function measureLatency(
  bench: Workbench,
  cases: readonly BenchCase[],
  rounds: number,
): Promise<LatencyResult> {
  const drivers = await startAll(bench, bench.peers, {});
  const times = new Map(
    bench.peers.map(({ id }) => [id, new Map<string, number[]>(cases.map(({ name }) => [name, []]))]),
  );
  try {
    await takeTurns(bench, 'latency', rounds, cases, async (peer, { name, audio, tokens }, counts) => {
      const { ms } = await drivers.get(peer)!.decode(audio, tokens);
      if (counts) times.get(peer.id)!.get(name)!.push(ms);
    });
    const figures: Record<string, LatencyFigures> = {};
    for (const peer of bench.peers) {
      const tree = processTree(drivers.get(peer)!.pid);
      figures[peer.id] = {
        cases: Object.fromEntries([...times.get(peer.id)!].map(([name, list]) => [name, timesOf(list)])),
        peakResidentBytes: peakResidentBytes(tree),
        proportionalBytes: proportionalBytes(tree),
      };
    }
    return { figures, about: Object.fromEntries([...drivers].map(([{ id }, { about }]) => [id, about])) };
  } finally {
    await stopAll(drivers);
  }
}

/** The same with every library as it comes; those to which that makes no difference are left out. */
export async function measureDefaults(
  bench: Workbench,
  short: BenchCase,
  rounds: number,
): Promise<Readonly<Record<string, DefaultsFigures>>> {
  const different = bench.peers.filter(({ asItComes }) => asItComes !== undefined);
  const drivers = await startAll(bench, different, { asItComes: true });
  const measured = new Map(different.map((peer) => [peer, { times: [] as number[], tokens: 0 }]));
  try {
    await takeTurns(bench, 'defaults', rounds, [short], async (peer, { audio, tokens }, counts) => {
      const own = measured.get(peer);
      if (own === undefined) return;
      const answer = await drivers.get(peer)!.decode(audio, tokens, true);
      own.tokens = answer.tokens;
      if (counts) own.times.push(answer.ms);
    });
  } finally {
    await stopAll(drivers);
  }
  const all = different.filter((peer) => bench.peers.includes(peer));
  return Object.fromEntries(
    all.map((peer) => {
      const { times, tokens } = measured.get(peer)!;
      return [peer.id, { ...timesOf(times), tokens }];
    }),
  );
}

/** @param measure told whether this round counts, or only warms up */
async function takeTurns(
  bench: Workbench,
  part: string,
  rounds: number,
  cases: readonly BenchCase[],
  measure: (peer: PeerDefinition, each: BenchCase, counts: boolean) => Promise<void>,
): Promise<void> {
  for (let round = -WARM_UPS; round < rounds; round++) {
    bench.say(round < 0 ? `${part}: warm-up ${round + WARM_UPS + 1}` : `${part}: round ${round + 1} of ${rounds}`);
    for (const each of cases) {
      for (const peer of rotated(bench.peers, round + WARM_UPS)) {
        await bench.attempt(peer, () => measure(peer, each, round >= 0));
      }
    }
  }
}

type Drivers = ReadonlyMap<PeerDefinition, Driver>;

async function startAll(
  bench: Workbench,
  peers: readonly PeerDefinition[],
  options: Partial<DriverOptions>,
): Promise<Drivers> {
  const drivers = new Map<PeerDefinition, Driver>();
  for (const peer of peers) {
    const driver = await bench.attempt(peer, () => bench.startDriver(peer, options));
    if (driver !== undefined) drivers.set(peer, driver);
  }
  return drivers;
}

async function stopAll(drivers: Drivers): Promise<void> {
  await Promise.all([...drivers.values()].map((driver) => driver.stop()));
}

function rotated<Item>(items: readonly Item[], by: number): readonly Item[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
