/** Which neighbour a cell's cheapest path comes from. */
const FROM = { both: 0, row: 1, column: 2 } as const;

/**
 * The cheapest monotonic path through a matrix of costs, from its first cell to its last, a step down, to the right or
 * both at a time (openai/whisper `timing.py`; Sakoe and Chiba, "Dynamic programming algorithm optimization for spoken
 * word recognition", 1978).
 *
 * @param costs - finite, row by row; at least one row and one column
 * @returns for each row the first column that the path crosses it in
 */
export function firstColumns(costs: Float32Array, rows: number, columns: number): readonly number[] {
  const width = columns + 1;
  const total = new Float64Array((rows + 1) * width).fill(Infinity);
  const from = new Uint8Array((rows + 1) * width);
  total[0] = 0;
  for (let row = 1; row <= rows; row++) {
    for (let column = 1; column <= columns; column++) {
      const at = row * width + column;
      const both = total[at - width - 1]!;
      const above = total[at - width]!;
      const left = total[at - 1]!;
      // Of equal ways the one along the row.
      let best = left;
      from[at] = FROM.column;
      if (both < above && both < left) {
        best = both;
        from[at] = FROM.both;
      } else if (above < left) {
        best = above;
        from[at] = FROM.row;
      }
      total[at] = best + costs[(row - 1) * columns + column - 1]!;
    }
  }
  const first: number[] = [];
  for (let row = rows, column = columns; row > 0;) {
    first[row - 1] = column - 1;
    const step = from[row * width + column];
    if (step !== FROM.column) row--;
    if (step !== FROM.row) column--;
  }
  return first;
}
