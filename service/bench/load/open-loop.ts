import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from './seeded-random';

/**
 * Does things at times that do not depend on how long they take, as callers come: a Poisson process. Resolves when all
 * are done.
 */
export async function openLoop(
  perSecond: number,
  seconds: number,
  random: SeededRandom,
  work: () => Promise<void>,
): Promise<void> {
  const started = performance.now();
  const begun: Promise<void>[] = [];
  for (
    let atMs = random.exponential(1000 / perSecond);
    atMs < seconds * 1000;
    atMs += random.exponential(1000 / perSecond)
  ) {
    const aheadMs = atMs - (performance.now() - started);
    // Timers come late by up to a millisecond: what is due by now is done without waiting, so that the rate holds.
    if (aheadMs > 0) await sleep(aheadMs);
    begun.push(work());
  }
  await Promise.all(begun);
}
