import { growthOf, type LongRun } from '../../../../service/bench/load/long-run';

const runOf = (medians: readonly number[]): LongRun => ({
  seconds: 60,
  clients: 8,
  parts: medians.map((medianBytes) => ({ answers: 1, medianBytes, mostBytes: medianBytes })),
  restBytes: [1, 1],
});

describe('the growth of a long run', () => {
  it.each([
    ['none, whatever the first part took', [900, 100, 100, 100, 100, 100, 100, 100, 100, 100], 0],
    ['as much as the end takes more than the beginning', [50, 100, 100, 100, 110, 120, 125, 130, 130, 130], 0.3],
    ['less than none where memory is given back', [50, 200, 200, 200, 200, 200, 200, 100, 100, 100], -0.5],
    ['none by one part that stands out', [50, 100, 100, 100, 100, 100, 100, 100, 300, 100], 0],
  ])('is %s', (_, medians, growth) => {
    expect(growthOf(runOf(medians))).toBeCloseTo(growth);
  });
});
