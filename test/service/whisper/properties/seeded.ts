import type { Parameters } from 'fast-check';

/** The same cases on every run: a property that holds today fails tomorrow only if the code changed. */
const SEED = 20_261_126;

/** @param numRuns - cases that are tried */
export function seeded(numRuns: number): Parameters<unknown> {
  return { seed: SEED, numRuns };
}

/** Of a log-probability that are right, behind the point: logits are summed up in single precision (logits/logits.ts). */
export const DIGITS = 6;
