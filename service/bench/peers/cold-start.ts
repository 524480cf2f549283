import { SHORT_CASE } from './cases';
import type { LoadLayout, PeerDefinition } from './peers';
import type { Times } from './results';
import { startService } from './service-under-load';
import { timesOf } from './times';
import type { Workbench } from './workbench';

const ALONE: LoadLayout = { name: 'alone', processes: 1, options: { threads: 2 } };

/** From the start of the process to the first text; files are in the page cache after the first, which does not count. */
export async function measureColdStarts(
  bench: Workbench,
  repeats: number,
): Promise<Readonly<Record<PeerDefinition['id'], Times>>> {
  const measured = bench.peers.filter(({ latencyOnly }) => latencyOnly !== true);
  const times = new Map<string, number[]>(measured.map(({ id }) => [id, []]));
  for (let repeat = -1; repeat < repeats; repeat++) {
    bench.say(`cold starts: ${repeat + 1} of ${repeats}`);
    for (const peer of measured) {
      await bench.attempt(peer, async () => {
        const begun = performance.now();
        const service = await startService(bench, peer, ALONE, SHORT_CASE);
        try {
          await service.serve();
          if (repeat >= 0) times.get(peer.id)!.push(performance.now() - begun);
        } finally {
          await service.stop();
        }
      });
    }
  }
  const complete = [...times].filter(([, list]) => list.length === repeats);
  return Object.fromEntries(complete.map(([id, list]) => [id, timesOf(list)]));
}
