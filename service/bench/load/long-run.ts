import { setTimeout as sleep } from 'node:timers/promises';
import { processTree, proportionalBytes } from '../peers/process-memory';
import { closedLoopFor } from './closed-loop';
import type { LoadClient } from './load-client';
import type { LoadRequest } from './load-request';
import { percentile } from './percentile';
import type { SeededRandom } from './seeded-random';

/** A part of the run. Memory is that of all processes, in bytes, pages that they share in parts (PSS). */
export interface PartOfRun {
  readonly answers: number;
  readonly medianBytes: number;
  readonly mostBytes: number;
}

export interface LongRun {
  readonly seconds: number;
  readonly clients: number;
  readonly parts: readonly PartOfRun[];
  /** After the start, and after the run. */
  readonly restBytes: readonly [number, number];
}

const PARTS = 10;
const LOOK_MS = 1_000;
/** The second process goes ten seconds after the load, the audio's thread is renewed after half a minute (docs/load.md). */
const REST_MS = 60_000;

/**
 * Keeps so many requests in for so long, drawn from those given, and looks at the server's memory all the while.
 *
 * @throws when one is not answered
 */
export async function longRun(
  server: { readonly pid: number; readonly client: LoadClient },
  requests: readonly LoadRequest[],
  { seconds, clients }: { readonly seconds: number; readonly clients: number },
  random: SeededRandom,
  say: (part: PartOfRun) => void,
): Promise<LongRun> {
  const bytes = (): number => proportionalBytes(processTree(server.pid));
  await sleep(REST_MS);
  const before = bytes();

  const parts: PartOfRun[] = [];
  let answers = 0;
  let seen: number[] = [];
  const started = performance.now();
  const look = (): void => {
    seen.push(bytes());
    // What is in when the time is over belongs to no part.
    if (parts.length === PARTS || (performance.now() - started) / 1000 < ((parts.length + 1) * seconds) / PARTS) return;
    const part = { answers, medianBytes: percentile(seen, 0.5), mostBytes: Math.max(...seen) };
    parts.push(part);
    say(part);
    answers = 0;
    seen = [];
  };
  const timer = setInterval(look, LOOK_MS);
  const took = await closedLoopFor(seconds, clients, async () => {
    const { status, body } = await server.client.send(random.pick(requests));
    // A stream that fails on the way has begun with 200.
    if (status !== 200 || body.includes('"error"')) throw new Error(`a request was answered with ${status} ${body}`);
    answers++;
  }).finally(() => {
    clearInterval(timer);
  });
  if (parts.length < PARTS) look();
  await sleep(REST_MS);
  return { seconds: took, clients, parts, restBytes: [before, bytes()] };
}

/** What the last third takes more than the first, of which the first part is left out: the server warms up in it. */
export function growthOf({ parts }: LongRun): number {
  const third = Math.floor(parts.length / 3);
  const median = (some: readonly PartOfRun[]): number =>
    percentile(
      some.map(({ medianBytes }) => medianBytes),
      0.5,
    );
  return median(parts.slice(-third)) / median(parts.slice(1, 1 + third)) - 1;
}
