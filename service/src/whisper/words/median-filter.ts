/**
 * Each value's median among its neighbours in a row; beyond the ends the row is mirrored. Rows that are no longer than
 * half of the width stay as they are (openai/whisper `timing.py`).
 *
 * @param width - odd
 */
export function medianFilter(row: Float32Array, width: number): Float32Array {
  const half = width >> 1;
  const { length } = row;
  if (length <= half) return row;
  const sorted = new Float32Array(width);
  return row.map((_, at) => {
    // By insertion: for a handful of values several times as fast as sort().
    for (let count = 0; count < width; count++) {
      const from = Math.abs(at - half + count);
      const value = row[from < length ? from : 2 * (length - 1) - from]!;
      let to = count;
      for (; to > 0 && sorted[to - 1]! > value; to--) sorted[to] = sorted[to - 1]!;
      sorted[to] = value;
    }
    return sorted[half]!;
  });
}
