import { A_LAW_TO_LINEAR, MU_LAW_TO_LINEAR } from '../../../../service/src/audio/codecs/g711';

const toInt16 = (table: Float32Array): number[] => Array.from(table, (value) => value * 32768 + 0); // no -0

test('A-law code words have the values of ITU-T G.711, scaled to 16 bits', () => {
  const linear = toInt16(A_LAW_TO_LINEAR);
  // ±1, ±31, ±33, ±63, ±66, ±2016 and ±4032 of the recommendation's table 1a, times 8
  const expected: [number, number][] = [
    [0xd5, 8],
    [0x55, -8],
    [0xda, 248],
    [0xc5, 264],
    [0xca, 504],
    [0xf5, 528],
    [0xb5, 8448],
    [0xaa, 32256],
    [0x2a, -32256],
  ];
  for (const [code, value] of expected) expect([code, linear[code]]).toEqual([code, value]);
});

test('µ-law code words have the values of ITU-T G.711, scaled to 16 bits', () => {
  const linear = toInt16(MU_LAW_TO_LINEAR);
  // 0, 2, 30, 33, 93, 99 and 8031 of the recommendation's table 2a, times 4
  const expected: [number, number][] = [
    [0xff, 0],
    [0x7f, 0],
    [0xfe, 8],
    [0xf0, 120],
    [0xef, 132],
    [0xe0, 372],
    [0xdf, 396],
    [0x80, 32124],
    [0x00, -32124],
  ];
  for (const [code, value] of expected) expect([code, linear[code]]).toEqual([code, value]);
});

test.each([
  ['A-law', A_LAW_TO_LINEAR, 256],
  ['µ-law', MU_LAW_TO_LINEAR, 255], // both zeros are 0
])('%s is symmetric and every code word has a value of its own', (_, table, distinct) => {
  const values = new Set(toInt16(table));
  expect(values.size).toBe(distinct);
  for (const value of values) expect(values.has(0 - value)).toBe(true);
});
