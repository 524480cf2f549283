import type { Block } from '../../../service/src/audio/audio-stream';
import { BLOCK_FRAMES, silence, trimmed } from '../../../service/src/audio/audio-stream';
import { MonoMixer } from '../../../service/src/audio/mono-mixer';

const blocks = (...lengths: number[]): Block[] => {
  let next = 0;
  return lengths.map((length) => [Float32Array.from({ length }, () => next++)]);
};
const values = (stream: Iterable<Block>): number[] => [...stream].flatMap(([channel]) => [...channel!]);

test('silence of any length comes in blocks', () => {
  const all = [...silence(2, 2 * BLOCK_FRAMES + 3)];
  expect(all.map((block) => block.map(({ length }) => length))).toEqual([
    [BLOCK_FRAMES, BLOCK_FRAMES],
    [BLOCK_FRAMES, BLOCK_FRAMES],
    [3, 3],
  ]);
  expect([...silence(1, 0)]).toEqual([]);
});

test('a stretch is cut out across blocks', () => {
  expect(values(trimmed(blocks(3, 0, 3, 3), 2, 5))).toEqual([2, 3, 4, 5, 6]);
  expect(values(trimmed(blocks(3, 3), 0))).toEqual([0, 1, 2, 3, 4, 5]);
  expect(values(trimmed(blocks(3, 3), 100))).toEqual([]);
  expect(values(trimmed(blocks(3, 3), 4, 100))).toEqual([4, 5]);
});

test('mono is the mean of all channels, or the one that was chosen', () => {
  const block = [0.5, -0.25, 1].map((value) => Float32Array.of(value, Number.NaN, 7));
  expect([...new MonoMixer().mix(block.slice(0, 1))]).toEqual([0.5, 0, 1]);
  expect([...new MonoMixer().mix(block.slice(0, 2))]).toEqual([0.125, 0, 1]);
  expect(new MonoMixer().mix(block)[0]).toBeCloseTo(1.25 / 3, 6);
  expect([...new MonoMixer(1).mix(block)]).toEqual([-0.25, 0, 1]);
});
