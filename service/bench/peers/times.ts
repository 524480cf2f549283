import { percentile } from '../load/percentile';
import type { Times } from './results';

export function timesOf(milliseconds: readonly number[]): Times {
  return { median: percentile(milliseconds, 0.5), p95: percentile(milliseconds, 0.95), repeats: milliseconds.length };
}
