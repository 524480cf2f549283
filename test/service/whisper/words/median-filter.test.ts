import { medianFilter } from '../../../../service/src/whisper/words/median-filter';

test('takes the median of each value and its neighbours, and mirrors the ends', () => {
  expect([...medianFilter(Float32Array.of(5, 1, 9, 2, 2), 3)]).toEqual([1, 5, 2, 2, 2]);
});

test('a single outlier is gone, a step stays where it is', () => {
  expect([...medianFilter(Float32Array.of(0, 0, 0, 9, 0, 0, 0, 0), 7)]).toEqual(Array(8).fill(0));
  const step = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1];
  expect([...medianFilter(Float32Array.from(step), 7)]).toEqual(step);
});

test('a row no longer than half of the width stays as it is', () => {
  expect([...medianFilter(Float32Array.of(3, 1, 2), 7)]).toEqual([3, 1, 2]);
});
