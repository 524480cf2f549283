/**
 * log Σ exp(x) over `values[from]` to `values[to - 1]`, without overflow.
 *
 * @returns -Infinity where all of them are -Infinity, or the range is empty.
 */
export function logSumExp(values: Float32Array, from = 0, to = values.length): number {
  let max = -Infinity;
  for (let i = from; i < to; i++) {
    if (values[i]! > max) max = values[i]!;
  }
  if (max === -Infinity) return -Infinity;
  let sum = 0;
  for (let i = from; i < to; i++) {
    if (values[i]! !== -Infinity) sum += Math.exp(values[i]! - max);
  }
  return max + Math.log(sum);
}
