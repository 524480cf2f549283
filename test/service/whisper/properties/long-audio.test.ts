import fc from 'fast-check';
import { transcribe, type Transcription, type TranscribeOptions } from '../../../../service/src/whisper/transcribe';
import { tidySpeech } from '../../../../service/src/whisper/windows';
import {
  AnswersInTurn,
  anyAudio,
  audioOf,
  lawfulAnswers,
  lawlessAnswers,
  timelessAnswers,
  type Answer,
  type SilentAudio,
} from './answers';
import { seeded } from './seeded';

const WINDOW_SAMPLES = 480_000;
const TIMESTAMP_STEP_SAMPLES = 320;
/** Sequential windows begin and end on whole frames of the spectrogram. */
const FRAME_SAMPLES = 160;
const END_OF_TEXT = 20;
/** Rounding of a sum of two times. */
const ROUNDING_S = 1e-9;

const options: fc.Arbitrary<TranscribeOptions> = fc.record({
  strategy: fc.constantFrom('pauses' as const, 'sequential' as const),
  task: fc.constant('transcribe' as const),
  language: fc.constant('en'),
  timestamps: fc.boolean(),
  temperature: fc.constant(0),
  conditionOnPreviousText: fc.boolean(),
  promptTokens: fc.constantFrom([], [1, 2, 3]),
  paddingMs: fc.constantFrom(undefined, 0, 50, 5000),
  joinPauseMs: fc.constantFrom(undefined, 0, 100, 10_000),
});
const anyAnswers = fc.oneof(lawfulAnswers, timelessAnswers, lawlessAnswers);

/**
 * Most windows that audio can cost.
 *
 * - `pauses`: one for each region of speech, and one more for each 20 s of the span from the first to the last, as a
 *   stretch without a pause is cut behind the second third of a window, at the earliest.
 * - `sequential`: one for each 20 ms of a region and of what is heard before it: a window is the last of its region, or
 *   moves on by a step of the timestamps.
 */
function mostWindows({ lengthSamples, speech }: SilentAudio, { strategy, paddingMs = 300 }: TranscribeOptions): number {
  const regions = tidySpeech(speech, lengthSamples);
  if (regions.length === 0) return 0;
  if (strategy === 'pauses') {
    const spanSamples = regions.at(-1)!.endSample - regions[0]!.startSample;
    return regions.length + Math.floor(spanSamples / (WINDOW_SAMPLES * (2 / 3)));
  }
  const padding = paddingMs * 16;
  return regions
    .map(({ startSample, endSample }) =>
      Math.ceil((endSample - startSample + padding + FRAME_SAMPLES) / TIMESTAMP_STEP_SAMPLES),
    )
    .reduce((a, b) => a + b);
}

async function run(
  given: SilentAudio,
  answers: readonly Answer[],
  how: TranscribeOptions,
): Promise<{ readonly transcription: Transcription; readonly calls: AnswersInTurn['calls'] }> {
  const transcriber = new AnswersInTurn(answers, mostWindows(given, how));
  return { transcription: await transcribe(audioOf(given), transcriber, how), calls: transcriber.calls };
}

test('transcription ends, with no more windows than its bound, whatever a decoder answers', async () => {
  await fc.assert(
    fc.asyncProperty(anyAudio, anyAnswers, options, async (given, answers, how) => {
      const { calls } = await run(given, answers, how);
      expect(calls.length).toBeLessThanOrEqual(mostWindows(given, how));
      for (const { startSample, endSample } of calls) {
        expect(startSample).toBeGreaterThanOrEqual(0);
        expect(endSample - startSample).toBeGreaterThan(0);
        expect(endSample - startSample).toBeLessThanOrEqual(WINDOW_SAMPLES);
        expect(endSample).toBeLessThanOrEqual(given.lengthSamples);
      }
      const starts = calls.map(({ startSample }) => startSample);
      expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
    }),
    seeded(250),
  );
});

test('segments are numbered, in order, longer than nothing, inside the audio, and hold text', async () => {
  await fc.assert(
    fc.asyncProperty(anyAudio, anyAnswers, options, async (given, answers, how) => {
      const { transcription } = await run(given, answers, how);
      const { segments, durationS, text } = transcription;
      let endS = 0;
      for (const [i, segment] of segments.entries()) {
        expect(segment.id).toBe(i);
        expect(segment.startS).toBeGreaterThanOrEqual(endS - ROUNDING_S);
        expect(segment.endS).toBeGreaterThan(segment.startS);
        expect(segment.endS).toBeLessThanOrEqual(durationS + ROUNDING_S);
        expect(Number.isFinite(segment.seekFrames)).toBe(true);
        expect(segment.text.trim()).not.toBe('');
        endS = segment.endS;
      }
      const letters = (all: string): string => all.replaceAll(/\s/g, '');
      expect(letters(text)).toBe(letters(segments.map((segment) => segment.text).join('')));
      expect(durationS).toBe(given.lengthSamples / 16_000);
    }),
    seeded(250),
  );
});

test('windows at pauses hear each sample of speech exactly once', async () => {
  const pauses = options.map((each) => ({ ...each, strategy: 'pauses' as const }));
  await fc.assert(
    fc.asyncProperty(anyAudio, anyAnswers, pauses, async (given, answers, how) => {
      const { calls } = await run(given, answers, how);
      for (const { startSample, endSample } of tidySpeech(given.speech, given.lengthSamples)) {
        const heard = calls
          .map((call) => Math.min(call.endSample, endSample) - Math.max(call.startSample, startSample))
          .filter((overlap) => overlap > 0)
          .reduce((a, b) => a + b, 0);
        expect(heard).toBe(endSample - startSample);
      }
    }),
    seeded(150),
  );
});

test('sequential windows leave no speech unheard, but for less than a frame at the end of the audio', async () => {
  const sequential = options.map((each) => ({ ...each, strategy: 'sequential' as const }));
  await fc.assert(
    fc.asyncProperty(anyAudio, anyAnswers, sequential, async (given, answers, how) => {
      const { calls } = await run(given, answers, how);
      for (const { startSample, endSample } of tidySpeech(given.speech, given.lengthSamples)) {
        let heardTo = startSample;
        for (const call of calls) if (call.startSample <= heardTo) heardTo = Math.max(heardTo, call.endSample);
        const lastFrame = given.lengthSamples - FRAME_SAMPLES + 1;
        expect(heardTo).toBeGreaterThanOrEqual(Math.min(endSample, lastFrame));
      }
    }),
    seeded(150),
  );
});

const wordsOf = (tokens: readonly number[]): number[] => tokens.filter((token) => token < END_OF_TEXT && token !== 0);

test('no word that the rules let through is lost, doubled or moved', async () => {
  await fc.assert(
    fc.asyncProperty(anyAudio, fc.oneof(lawfulAnswers, timelessAnswers), options, async (given, answers, how) => {
      const { transcription, calls } = await run(given, answers, how);
      const kept = wordsOf(transcription.segments.flatMap((segment) => segment.tokens));
      const expected = calls.flatMap(({ answer, startSample }, i) => {
        if (!answer.isSpeech) return [];
        const next = how.strategy === 'sequential' ? calls[i + 1]?.startSample : undefined;
        return wordsOf(keptOf(answer.tokens, startSample, next));
      });
      expect(kept).toEqual(expected);
    }),
    seeded(250),
  );
});

/** All tokens; where the next window starts at the last pair of timestamps, it decodes again what is behind the pair. */
function keptOf(tokens: readonly number[], startSample: number, next: number | undefined): readonly number[] {
  const isTimestamp = (token: number | undefined): boolean => token !== undefined && token > END_OF_TEXT;
  const cut = tokens.findLastIndex((token, i) => isTimestamp(token) && isTimestamp(tokens[i - 1]));
  const endsWithSingle = isTimestamp(tokens.at(-1)) && !isTimestamp(tokens.at(-2));
  if (next === undefined || cut === -1 || endsWithSingle) return tokens;
  const closedAt = startSample + (tokens[cut - 1]! - 31) * TIMESTAMP_STEP_SAMPLES;
  return next <= startSample + WINDOW_SAMPLES && closedAt <= next ? tokens.slice(0, cut) : tokens;
}

describe('with words', () => {
  const worded = fc
    .tuple(options, fc.constantFrom(undefined, 0, 0.5, 2))
    .map(([how, hallucinationSilenceThresholdS]) => ({
      ...how,
      wordTimestamps: true,
      hallucinationSilenceThresholdS,
    }));

  test('transcription ends, too, with no more windows than its bound', async () => {
    await fc.assert(
      fc.asyncProperty(anyAudio, anyAnswers, worded, async (given, answers, how) => {
        const { calls } = await run(given, answers, how);
        expect(calls.length).toBeLessThanOrEqual(mostWindows(given, how));
      }),
      seeded(200),
    );
  });

  test('segments are numbered, in order, inside the audio, and so are their words', async () => {
    await fc.assert(
      fc.asyncProperty(anyAudio, lawfulAnswers, worded, async (given, answers, how) => {
        const { segments, durationS } = (await run(given, answers, how)).transcription;
        let endS = 0;
        for (const [i, segment] of segments.entries()) {
          expect(segment.id).toBe(i);
          expect(segment.startS).toBeGreaterThanOrEqual(endS - ROUNDING_S);
          expect(segment.endS).toBeGreaterThan(segment.startS);
          expect(segment.endS).toBeLessThanOrEqual(durationS + ROUNDING_S);
          endS = segment.endS;
          for (const word of segment.words!) {
            expect(word.endS).toBeGreaterThanOrEqual(word.startS);
            expect(word.startS).toBeGreaterThanOrEqual(0);
            expect(word.endS).toBeLessThanOrEqual(durationS + ROUNDING_S);
          }
        }
      }),
      seeded(200),
    );
  });
});
