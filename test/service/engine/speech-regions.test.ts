import { SPEECH_FRAME_SAMPLES, speechRegions } from '../../../service/src/engine/speech-regions';

const FRAME = SPEECH_FRAME_SAMPLES;
const PADDING = 0.4 * 16_000;

/** Probabilities of so many frames each, one after another. */
function probabilities(...runs: readonly (readonly [frames: number, probability: number])[]): Float32Array {
  return Float32Array.from(runs.flatMap(([frames, probability]) => new Array<number>(frames).fill(probability)));
}

function regionsOf(
  ...runs: readonly (readonly [frames: number, probability: number])[]
): readonly (readonly number[])[] {
  const all = probabilities(...runs);
  return speechRegions(all, all.length * FRAME).map(({ startSample, endSample }) => [startSample, endSample]);
}

test('likely frames are a region, with 0.4 s on both sides', () => {
  expect(regionsOf([100, 0], [20, 0.9], [100, 0])).toEqual([[100 * FRAME - PADDING, 120 * FRAME + PADDING]]);
});

test('a region begins at 0.5 and ends below 0.35', () => {
  expect(regionsOf([100, 0.49])).toEqual([]);
  expect(regionsOf([50, 0.4], [20, 0.5], [50, 0.36], [50, 0.34])).toEqual([
    [50 * FRAME - PADDING, 120 * FRAME + PADDING],
  ]);
});

test('five likely frames, 160 ms, are speech, and four are not', () => {
  expect(regionsOf([50, 0], [4, 1], [50, 0])).toEqual([]);
  expect(regionsOf([50, 0], [5, 1], [50, 0])).toHaveLength(1);
});

test('a pause of 0.6 s parts two regions, a shorter one does not', () => {
  expect(regionsOf([50, 0], [20, 1], [18, 0], [20, 1], [50, 0])).toHaveLength(1);
  expect(regionsOf([50, 0], [20, 1], [20, 0], [20, 1], [50, 0])).toHaveLength(2);
});

test('regions whose padding would overlap meet in the middle of their pause', () => {
  const [first, second] = regionsOf([50, 0], [20, 1], [20, 0], [20, 1], [50, 0]);
  expect(first![1]).toBe(80 * FRAME);
  expect(second![0]).toBe(80 * FRAME);
});

test('regions end inside the audio, whose last frame may be a part of one', () => {
  expect(speechRegions(probabilities([10, 1]), 10 * FRAME - 100)).toEqual([
    { startSample: 0, endSample: 10 * FRAME - 100 },
  ]);
  expect(speechRegions(new Float32Array(0), 0)).toEqual([]);
});

test('speech that a pause has not ended goes up to its last likely frame', () => {
  expect(regionsOf([10, 1], [15, 0])).toEqual([[0, 10 * FRAME + PADDING]]);
});
