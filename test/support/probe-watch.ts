import { setTimeout as sleep } from 'node:timers/promises';

export { percentile } from '../../service/bench/load/percentile';

/** Between two probes. */
const INTERVAL_MS = 20;

/** Asks a path again and again, as a hasty kubelet would, and notes how long each answer took. */
export function watchProbe(url: string): { stop(): Promise<readonly number[]> } {
  const latencies: number[] = [];
  const state = { stopped: false };
  const done = (async () => {
    while (!state.stopped) {
      const started = performance.now();
      const response = await fetch(url);
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`${url} answered ${response.status}`);
      latencies.push(performance.now() - started);
      await sleep(INTERVAL_MS);
    }
  })();
  return {
    async stop() {
      state.stopped = true;
      await done;
      return latencies;
    },
  };
}
