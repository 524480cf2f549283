import fc from 'fast-check';
import { firstColumns } from '../../../../service/src/whisper/words/dynamic-time-warping';

test('follows the cheap cells', () => {
  // prettier-ignore
  const costs = Float32Array.of(
    0, 0, 1, 1, 1,
    1, 1, 0, 1, 1,
    1, 1, 1, 0, 0,
  );
  expect(firstColumns(costs, 3, 5)).toEqual([0, 2, 3]);
});

test('more rows than columns share them', () => {
  expect(firstColumns(new Float32Array(3), 3, 1)).toEqual([0, 0, 0]);
});

/** The cheapest sum over all paths, by trying them all. */
function cheapest(costs: readonly (readonly number[])[], row = 0, column = 0): number {
  const here = costs[row]?.[column];
  if (here === undefined) return Infinity;
  if (row === costs.length - 1 && column === costs[0]!.length - 1) return here;
  const ways = [
    cheapest(costs, row + 1, column),
    cheapest(costs, row, column + 1),
    cheapest(costs, row + 1, column + 1),
  ];
  return here + Math.min(...ways);
}

test('finds a path that is as cheap as any', () => {
  const matrix = fc
    .record({ rows: fc.integer({ min: 1, max: 5 }), columns: fc.integer({ min: 1, max: 5 }) })
    .chain(({ rows, columns }) =>
      fc.array(fc.array(fc.integer({ min: -8, max: 8 }), { minLength: columns, maxLength: columns }), {
        minLength: rows,
        maxLength: rows,
      }),
    );
  fc.assert(
    fc.property(matrix, (costs) => {
      const columns = costs[0]!.length;
      const first = firstColumns(Float32Array.from(costs.flat()), costs.length, columns);
      expect(first).toHaveLength(costs.length);
      // Between two first columns the path stays in its row, and it steps down straight or askew.
      let best = Infinity;
      const walk = (row: number, sum: number): void => {
        const from = first[row]!;
        const next = first[row + 1];
        const lastColumns = next === undefined ? [columns - 1] : [next, next - 1].filter((last) => last >= from);
        expect(lastColumns.length).toBeGreaterThan(0);
        for (const last of lastColumns) {
          const own = costs[row]!.slice(from, last + 1).reduce((a, b) => a + b, 0);
          if (next === undefined) best = Math.min(best, sum + own);
          else walk(row + 1, sum + own);
        }
      };
      walk(0, 0);
      expect(first[0]).toBe(0);
      expect(best).toBe(cheapest(costs));
    }),
    { numRuns: 300, seed: 6 },
  );
});
