import { compressionRatio } from '../../../service/src/whisper/compression-ratio';

test('is the length in UTF-8 over the length that zlib needs', () => {
  // Python: len(b) / len(zlib.compress(b))
  expect(compressionRatio('Will it rain this weekend?')).toBeCloseTo(26 / 34, 10);
  expect(compressionRatio('ñ')).toBeCloseTo(2 / 10, 10);
});

test('a text that repeats itself is above the threshold of 2.4, plain text below', () => {
  expect(compressionRatio('so it goes '.repeat(20))).toBeGreaterThan(2.4);
  expect(compressionRatio('I want to pay four hundred dollars and ninety eight cents.')).toBeLessThan(2.4);
});

test('the empty text has ratio 0', () => {
  expect(compressionRatio('')).toBe(0);
});
