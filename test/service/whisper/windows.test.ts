import fc from 'fast-check';
import { quietestSample } from '../../../service/src/whisper/quietest-sample';
import { cutAtPauses, tidySpeech, type CutOptions, type SpeechRegion } from '../../../service/src/whisper/windows';

const S = 16_000;
const OPTIONS: CutOptions = { paddingSamples: 0, joinPauseMs: 300 };

/** Regions from start and end in seconds. */
function speech(...seconds: (readonly [number, number])[]): SpeechRegion[] {
  return seconds.map(([start, end]) => ({ startSample: Math.round(start * S), endSample: Math.round(end * S) }));
}

function cut(regions: SpeechRegion[], totalS: number, options: Partial<CutOptions> = {}): number[][] {
  const windows = cutAtPauses(regions, totalS * S, { ...OPTIONS, ...options });
  return windows.map(({ startSample, endSample }) => [startSample / S, endSample / S]);
}

test('each stretch of speech gets a window of its own', () => {
  expect(cut(speech([1, 3], [4, 6.5], [8, 9]), 10)).toEqual([
    [1, 3],
    [4, 6.5],
    [8, 9],
  ]);
});

test('a pause shorter than the option stays inside a window', () => {
  expect(cut(speech([1, 3], [3.25, 6], [6.3, 9]), 10)).toEqual([
    [1, 6],
    [6.3, 9],
  ]);
});

test('audio is kept around the speech, up to the ends of the audio and the middle of a pause', () => {
  expect(cut(speech([0.1, 3], [3.5, 6], [9, 10]), 10.05, { paddingSamples: 0.5 * S })).toEqual([
    [0, 3.25],
    [3.25, 6.5],
    [8.5, 10.05],
  ]);
});

test("a stretch longer than a window is cut at the longest pause of the window's last third", () => {
  expect(cut(speech([0, 15], [15.25, 22], [22.1, 29], [29.05, 40]), 40)).toEqual([
    [0, 22],
    [22.1, 40],
  ]);
});

test('a pause that ends in the last third counts as one of it', () => {
  expect(cut(speech([0, 19.5], [22, 29], [29.05, 40]), 40, { joinPauseMs: 3000 })).toEqual([
    [0, 19.5],
    [22, 40],
  ]);
});

test('where there is none in the last third, at the longest before', () => {
  expect(cut(speech([0, 12], [12.1, 15], [15.25, 31], [31.2, 40]), 40)).toEqual([
    [0, 15],
    [15.25, 40],
  ]);
});

test('a pause that begins behind the longest window is no place to cut', () => {
  expect(cut(speech([0, 10], [10.1, 31], [31.29, 35]), 35)).toEqual([
    [0, 10],
    [10.1, 35],
  ]);
});

test('speech without a pause is cut hard at the longest window', () => {
  expect(cut(speech([1, 70]), 70)).toEqual([
    [1, 31],
    [31, 61],
    [61, 70],
  ]);
});

test('with the audio at hand, speech without a pause is cut where it is quietest', () => {
  const samples = new Float32Array(40 * S).map((_, i) => Math.sin(i));
  samples.fill(0, 24 * S, 24.1 * S);
  samples.fill(0, 5 * S, 6 * S); // too early: the window would be wasted
  const [first, second] = cut(speech([0, 40]), 40, { samples });
  expect(first![1]).toBeCloseTo(24.05, 2);
  expect(second).toEqual([first![1], 40]);
});

test('without speech there is no window', () => {
  expect(cut([], 10)).toEqual([]);
  expect(cut(speech([3, 3], [12, 13]), 10)).toEqual([]);
});

test('regions are put in order, joined where they touch, and cut off at the end of the audio', () => {
  expect(tidySpeech(speech([5, 7], [1, 3], [3, 4], [2, 2.5], [9, 12]), 10 * S)).toEqual(
    speech([1, 4], [5, 7], [9, 10]),
  );
});

test('the quietest point of a range shorter than what is compared is its end', () => {
  expect(quietestSample(new Float32Array(1000), 100, 900)).toBe(900);
});

test('windows cover all speech, in order, without overlap, and are never longer than allowed', () => {
  const regions = fc.array(
    fc.record({ start: fc.nat(2_000_000), length: fc.nat(900_000) }).map(({ start, length }) => ({
      startSample: start,
      endSample: start + length,
    })),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(
      regions,
      fc.integer({ min: 1, max: 2_500_000 }),
      fc.integer({ min: 1600, max: 480_000 }),
      fc.nat(20_000),
      fc.nat(2000),
      fc.boolean(),
      (speechRegions, total, maxWindowSamples, paddingSamples, joinPauseMs, withSamples) => {
        const windows = cutAtPauses(speechRegions, total, {
          maxWindowSamples,
          paddingSamples,
          joinPauseMs,
          samples: withSamples ? new Float32Array(total) : undefined,
        });
        let end = 0;
        for (const window of windows) {
          expect(window.startSample).toBeGreaterThanOrEqual(end);
          expect(window.endSample).toBeGreaterThan(window.startSample);
          expect(window.endSample - window.startSample).toBeLessThanOrEqual(maxWindowSamples);
          end = window.endSample;
        }
        expect(end).toBeLessThanOrEqual(total);
        for (const region of tidySpeech(speechRegions, total)) {
          const covered = windows.reduce((sum, { startSample, endSample }) => {
            const from = Math.max(startSample, region.startSample);
            return sum + Math.max(0, Math.min(endSample, region.endSample) - from);
          }, 0);
          expect(covered).toBe(region.endSample - region.startSample);
        }
      },
    ),
    { numRuns: 150 },
  );
});
