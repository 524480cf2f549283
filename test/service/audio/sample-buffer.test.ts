import { SampleBuffer } from '../../../service/src/audio/sample-buffer';

const BLOCK = 2 ** 24;

test('samples come out in the order in which they were collected', () => {
  const buffer = new SampleBuffer(4);
  buffer.extend(2).set([1, 2]);
  buffer.extend(0);
  buffer.extend(3).set([3, 4, 5]);
  buffer.extend(1).set([6]);
  expect([...buffer.take()]).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a number of samples that was known is not copied, nor is one that fills most of a block', () => {
  for (const [expected, count] of [
    [1_000, 1_000],
    [undefined, BLOCK - 1],
  ] as const) {
    const buffer = new SampleBuffer(expected);
    const room = buffer.extend(count);
    const samples = buffer.take();
    expect(samples.buffer).toBe(room.buffer);
    expect([samples.byteOffset, samples.length]).toEqual([0, count]);
  }
});

test('a few samples do not keep a whole block', () => {
  const buffer = new SampleBuffer();
  buffer.extend(3).set([1, 2, 3]);
  const samples = buffer.take();
  expect([...samples]).toEqual([1, 2, 3]);
  expect(samples.buffer.byteLength).toBe(12);
});

test('audio of several blocks is joined', () => {
  const buffer = new SampleBuffer();
  for (const value of [1, 2, 3]) buffer.extend(10_000_000).fill(value);
  const samples = buffer.take();
  expect(samples).toHaveLength(30_000_000);
  expect([0, 9_999_999, 10_000_000, 19_999_999, 20_000_000, 29_999_999].map((at) => samples[at])).toEqual([
    1, 1, 2, 2, 3, 3,
  ]);
});
