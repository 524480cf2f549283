import { setTimeout as sleep } from 'node:timers/promises';
import { closedLoopFor } from './closed-loop';
import type { LoadClient } from './load-client';
import { withHeaders, type LoadRequest } from './load-request';
import { openLoop } from './open-loop';
import { percentile } from './percentile';
import type { SeededRandom } from './seeded-random';

/** Enough that one always waits while another is decoded, and too few to make each other late. */
const CAPACITY_CONCURRENCY = 4;

/** What becomes of a server that gets more than it can do; times in milliseconds from a request's head on. */
export interface OverloadFigures {
  readonly requests: number;
  readonly seconds: number;
  /** Answered with a transcript. */
  readonly answered: number;
  readonly answeredMs: { readonly median: number; readonly last: number };
  /** Of all that were accepted: one that was given up is never answered. */
  readonly acceptedMs: { readonly p95: number };
  /** Answered with a transcript before the deadline. */
  readonly goodputPerSecond: number;
  /** Turned away with 503 or 429. */
  readonly refused: number;
  readonly refusedMs: { readonly median: number; readonly p99: number; readonly last: number };
  /** Refusals without `retry-after`. */
  readonly refusedWithoutHint: number;
  /** Accepted, and given up at the deadline, or before it where that could not be met any more. */
  readonly timedOut: number;
  /** Anything else, by status; of a connection that broke, its error. */
  readonly others: readonly string[];
}

/** Asks one thing after another, so that the server knows what a request costs. */
export async function learnCosts(client: LoadClient, request: LoadRequest, seconds: number): Promise<void> {
  await closedLoopFor(seconds, 1, async () => {
    await ask(client, request);
  });
}

/**
 * Requests a second that the server answers when it is never idle and nobody is late. To be asked before the load and
 * after it: a machine that others share is not always as fast.
 */
export async function measureCapacity(client: LoadClient, request: LoadRequest, seconds: number): Promise<number> {
  let answered = 0;
  const took = await closedLoopFor(seconds, CAPACITY_CONCURRENCY, async () => {
    if (await ask(client, request)) answered++;
  });
  return answered / took;
}

/** One that is refused waits until it may come again. @returns whether it was answered */
async function ask(client: LoadClient, request: LoadRequest): Promise<boolean> {
  const { status, headers, body } = await client.send(request);
  if (status === 200) return true;
  if (status !== 503) throw new Error(`a request of a light load was answered with ${status} ${body}`);
  await sleep(Number(headers['retry-after-ms']));
  return false;
}

/** Sends so many requests a second, whatever becomes of them, each with a deadline of its client. */
export async function measureOverload(
  client: LoadClient,
  request: LoadRequest,
  load: { readonly perSecond: number; readonly seconds: number; readonly deadlineSeconds: number },
  random: SeededRandom,
): Promise<OverloadFigures> {
  const answeredMs: number[] = [];
  const refusedMs: number[] = [];
  const others: string[] = [];
  let refusedWithoutHint = 0;
  let timedOut = 0;
  let requests = 0;
  // As OpenAI's SDKs say how long they wait.
  const withDeadline = withHeaders(request, { 'x-stainless-timeout': String(load.deadlineSeconds) });
  const started = performance.now();
  await openLoop(load.perSecond, load.seconds, random, async () => {
    requests++;
    try {
      const { status, headers, headMs, totalMs } = await client.send(withDeadline);
      if (status === 200) answeredMs.push(totalMs);
      else if (status === 503 || status === 429) {
        refusedMs.push(headMs);
        if (!(Number(headers['retry-after']) > 0)) refusedWithoutHint++;
      } else if (status === 504) timedOut++;
      else others.push(String(status));
    } catch (error) {
      others.push((error as Error).message);
    }
  });
  const seconds = (performance.now() - started) / 1000;
  const inTime = answeredMs.filter((ms) => ms <= load.deadlineSeconds * 1000).length;
  return {
    requests,
    seconds,
    answered: answeredMs.length,
    answeredMs: { median: percentile(answeredMs, 0.5), last: percentile(answeredMs, 1) },
    acceptedMs: { p95: percentile([...answeredMs, ...Array.from({ length: timedOut }, () => Infinity)], 0.95) },
    goodputPerSecond: inTime / seconds,
    refused: refusedMs.length,
    refusedMs: { median: percentile(refusedMs, 0.5), p99: percentile(refusedMs, 0.99), last: percentile(refusedMs, 1) },
    refusedWithoutHint,
    timedOut,
    others,
  };
}
