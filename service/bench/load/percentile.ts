/**
 * The value that a share of the others is not above.
 *
 * @param quantile 0 to 1
 * @returns NaN without values
 */
export function percentile(values: readonly number[], quantile: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))] ?? NaN;
}
