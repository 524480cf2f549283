import fc from 'fast-check';
import { decodeWindow } from '../../../service/src/whisper/decode-window';
import { clampToAudio, splitAtTimestamps, type TimedSlice } from '../../../service/src/whisper/segments';
import { randomModel } from './fake-model';
import { SPECIAL, timestamp, TOKENIZER } from './small-vocabulary';

const t = timestamp;

function split(tokens: readonly number[], windowS = 30) {
  return splitAtTimestamps({ tokens, tokenLogProbs: tokens.map((_, i) => -i) }, SPECIAL, windowS);
}

/** Start, end and tokens, as one line each. */
function lines(slices: readonly TimedSlice[]): unknown[] {
  return slices.map(({ startS, endS, tokens }) => [startS, endS, ...tokens]);
}

test('a window is split where one segment ends and the next begins; the rest is unfinished', () => {
  const { finished, unfinished, resumeAtS } = split([t(0.5), 1, 2, t(2), t(2.5), 3, t(4), t(4), 5]);
  expect(lines(finished)).toEqual([
    [0.5, 2, t(0.5), 1, 2, t(2)],
    [2.5, 4, t(2.5), 3, t(4)],
  ]);
  expect(lines([unfinished!])).toEqual([[4, 30, t(4), 5]]);
  expect(resumeAtS).toBe(4);
});

test('log-probabilities stay with their tokens', () => {
  const { finished, unfinished } = split([t(0), 1, t(2), t(2), 3]);
  expect(finished[0]!.tokenLogProbs).toEqual([-0, -1, -2]);
  expect(unfinished!.tokenLogProbs).toEqual([-3, -4]);
});

test('a single timestamp at the end says that nothing follows: all of the window is done', () => {
  const { finished, unfinished, resumeAtS } = split([t(0), 1, t(2), t(3), 2, t(4)], 12.5);
  expect(lines(finished)).toEqual([
    [0, 2, t(0), 1, t(2)],
    [3, 4, t(3), 2, t(4)],
  ]);
  expect(unfinished).toBeUndefined();
  expect(resumeAtS).toBe(12.5);
});

test('a pair at the end with nothing behind it leaves the audio behind it to the next window', () => {
  const { finished, unfinished, resumeAtS } = split([t(0), 1, t(2), t(2)]);
  expect(lines(finished)).toEqual([[0, 2, t(0), 1, t(2)]]);
  expect(unfinished).toBeUndefined();
  expect(resumeAtS).toBe(2);
});

test('without a pair the window is one segment and done', () => {
  expect(split([t(0.5), 1, t(2)])).toMatchObject({ finished: [{ startS: 0.5, endS: 2 }], resumeAtS: 30 });
  expect(split([t(0.5), 1], 8)).toMatchObject({ finished: [{ startS: 0.5, endS: 8 }], resumeAtS: 8 });
  expect(split([1, 2], 8)).toMatchObject({ finished: [{ startS: 0, endS: 8 }], resumeAtS: 8 });
});

test('runs without text and runs of no length are left out', () => {
  expect(split([]).finished).toEqual([]);
  expect(split([t(0)]).finished).toEqual([]);
  expect(lines(split([t(0), t(1), t(2), 1, t(3)]).finished)).toEqual([[2, 3, t(2), 1, t(3)]]);
  expect(lines(split([t(1), 1, t(1), t(2), 2, t(3)]).finished)).toEqual([[2, 3, t(2), 2, t(3)]]);
});

test('the next window never starts inside a finished segment', () => {
  expect(split([t(0), 1, t(5), t(3), t(3), 2]).resumeAtS).toBe(5);
});

test('the next window never starts behind the audio', () => {
  expect(split([t(0), 1, t(9), t(9), 2], 5).resumeAtS).toBe(5);
});

test('times behind the end of the audio are cut off', () => {
  const { finished } = split([t(0), 1, t(2), t(2), 2, t(7)], 5);
  expect(lines(clampToAudio(finished, 5))).toEqual([
    [0, 2, t(0), 1, t(2)],
    [2, 5, t(2), 2, t(7)],
  ]);
});

test('words that are timed behind the end of the audio join the segment before, or fill the window', () => {
  const { finished } = split([t(0), 1, t(2), t(6), 2, t(7)], 5);
  expect(lines(clampToAudio(finished, 5))).toEqual([[0, 5, t(0), 1, t(2), t(6), 2, t(7)]]);
  expect(lines(clampToAudio(split([t(0.6), 1, t(0.9)], 0.5).finished, 0.5))).toEqual([[0, 0.5, t(0.6), 1, t(0.9)]]);
});

/** What must hold whatever the tokens are. */
function expectOrdered(tokens: readonly number[], windowS: number): void {
  const { finished, unfinished, resumeAtS } = split(tokens, windowS);
  expect(resumeAtS).toBeLessThanOrEqual(windowS);
  const clamped = clampToAudio(unfinished === undefined ? finished : [...finished, unfinished], windowS);
  let end = 0;
  for (const { startS, endS, tokens: own, tokenLogProbs } of clamped) {
    expect(startS).toBeGreaterThanOrEqual(end);
    expect(endS).toBeGreaterThan(startS);
    expect(tokenLogProbs).toHaveLength(own.length);
    end = endS;
  }
  expect(end).toBeLessThanOrEqual(windowS);
}

test('of any tokens, segments come in order, longer than nothing and inside the audio', () => {
  const token = fc.oneof(
    fc.integer({ min: 0, max: 6 }),
    fc.integer({ min: SPECIAL.timestampBegin, max: SPECIAL.vocabularySize - 1 }),
  );
  fc.assert(
    fc.property(fc.array(token, { maxLength: 30 }), fc.double({ min: 0.01, max: 30, noNaN: true }), expectOrdered),
    { numRuns: 1000 },
  );
});

test('of what the rules let through, no text is lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.double({ min: 0.01, max: 30, noNaN: true }), async (seed, windowS) => {
      const { tokens } = await decodeWindow(
        { model: randomModel(seed), special: SPECIAL, tokenizer: TOKENIZER },
        new Float32Array(16),
        {
          language: 'en',
          task: 'transcribe',
          timestamps: true,
          temperature: 0,
          maxNewTokens: 40,
        },
      );
      expectOrdered(tokens, windowS);
      const { finished, unfinished } = split(tokens, windowS);
      const kept = clampToAudio(unfinished === undefined ? finished : [...finished, unfinished], windowS);
      const text = (all: readonly number[]): number[] => all.filter((token) => token < SPECIAL.endOfText);
      expect(text(kept.flatMap((slice) => slice.tokens))).toEqual(text(tokens));
    }),
  );
});
