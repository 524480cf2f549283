import { closedLoop } from './closed-loop';
import type { LoadClient } from './load-client';
import type { LoadRequest } from './load-request';
import { percentile } from './percentile';

/** What somebody gets who asks now and then, alone and beside others; times in milliseconds. */
export interface FairnessFigures {
  readonly unloadedP95: number;
  readonly besideMedian: number;
  readonly besideP95: number;
  /** Answers that the others got meanwhile. */
  readonly othersAnswered: number;
}

/**
 * Asks one thing after another, first alone, then while others keep so many requests in all the time.
 *
 * @throws when a request of the occasional one is not answered with 200
 */
export async function measureFairness(
  client: LoadClient,
  occasional: LoadRequest,
  times: number,
  others: { readonly request: LoadRequest; readonly concurrency: number; readonly isIn: () => Promise<void> },
): Promise<FairnessFigures> {
  const askAll = async (): Promise<readonly number[]> => {
    const latencies: number[] = [];
    for (let time = 0; time < times; time++) {
      const { status, body, totalMs } = await client.send(occasional);
      if (status !== 200) throw new Error(`the occasional request was answered with ${status} ${body}`);
      latencies.push(totalMs);
    }
    return latencies;
  };
  const unloaded = await askAll();
  let stopping = false;
  let othersAnswered = 0;
  const flood = closedLoop(others.concurrency, () =>
    stopping
      ? undefined
      : client.send(others.request).then(({ status }) => {
          if (status === 200) othersAnswered++;
        }),
  );
  try {
    await others.isIn();
    othersAnswered = 0;
    const beside = await askAll();
    return {
      unloadedP95: percentile(unloaded, 0.95),
      besideMedian: percentile(beside, 0.5),
      besideP95: percentile(beside, 0.95),
      othersAnswered,
    };
  } finally {
    stopping = true;
    await flood;
  }
}
