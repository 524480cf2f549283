import { audioOf, type AudioPart } from '../parity/recipe';
import { nanoEngine, transcribeLike, witness } from '../parity/witness';

interface ReferenceWord {
  readonly word: string;
  readonly start: number;
  readonly end: number;
  readonly probability: number;
}

interface ReferenceSegment {
  /** Frames of 10 ms. */
  readonly seek: number;
  readonly start: number;
  readonly end: number;
  /** None where the reference cleared the segment. */
  readonly tokens: readonly number[];
  readonly words?: readonly ReferenceWord[];
}

/** What openai-whisper's `transcribe()` made of a recording. */
interface Transcript {
  readonly name: string;
  readonly audio: readonly AudioPart[];
  readonly language: string;
  readonly conditionOnPreviousText: boolean;
  readonly wordTimestamps: boolean;
  readonly hallucinationSilenceThresholdS: number | null;
  readonly promptTokens: readonly number[];
  readonly carryPrompt: boolean;
  /** Stretches of the recording that it was told to keep to; here that is the speech detector's part. */
  readonly clipTimestamps: readonly number[];
  readonly segments: readonly ReferenceSegment[];
}

const TRANSCRIPTS = (witness('openai-whisper') as { readonly transcripts: readonly Transcript[] }).transcripts.filter(
  ({ clipTimestamps }) => clipTimestamps.length === 0,
);

/**
 * A window that is one segment begins with it here, and where the window begins there: there the first word then reaches
 * over the silence before it.
 */
const FIRST_WORD_FROM_THE_WINDOW = ['en-07.wav', 'en-11.wav', 'en-17.wav', 'en-24.wav'];

/** 20 ms and what rounding adds. */
const CLOSE_S = 0.0201;

describe("openai-whisper's transcripts with the same weights", () => {
  const engine = nanoEngine();

  it('are there, of every kind', () => {
    expect(TRANSCRIPTS).toHaveLength(40);
  });

  it.each(
    TRANSCRIPTS.map((each) => [`${each.name}, ${'file' in each.audio[0]! ? each.audio[0].file : ''}`, each] as const),
  )(
    'are ours: %s',
    async (_, reference) => {
      const samples = audioOf(reference.audio);
      const segments = await transcribeLike(engine, samples, {
        language: reference.language,
        conditionOnPreviousText: reference.conditionOnPreviousText,
        wordTimestamps: reference.wordTimestamps,
        hallucinationSilenceThresholdS: reference.hallucinationSilenceThresholdS ?? undefined,
        promptTokens: reference.promptTokens,
        carryPrompt: reference.carryPrompt,
      });
      const durationS = Math.floor(samples.length / 160) / 100;

      expect(segments.flatMap(({ tokens }) => tokens)).toEqual(reference.segments.flatMap(({ tokens }) => tokens));
      // Text that the reference times behind the audio's end belongs to the last segment inside of it here.
      const inside = reference.segments.filter(({ start, tokens }) => start < durationS && tokens.length > 0);
      expect(segments.map(({ seekFrames }) => seekFrames)).toEqual(inside.map(({ seek }) => seek));
      if (!reference.wordTimestamps) {
        for (const [i, { start, end }] of inside.entries()) {
          expect(segments[i]!.startS).toBeCloseTo(start, 2);
          expect(segments[i]!.endS).toBeCloseTo(Math.min(end, durationS), 2);
        }
        return;
      }

      const words = segments.flatMap((segment) => segment.words!);
      const expected = inside.flatMap((segment) => segment.words!);
      expect(words.map(({ text }) => text)).toEqual(expected.map(({ word }) => word));
      const [part] = reference.audio;
      const skipsFirst =
        reference.name === 'words' && FIRST_WORD_FROM_THE_WINDOW.includes('file' in part! ? part.file : '');
      for (const [i, { start, end, probability }] of expected.entries()) {
        if (!(skipsFirst && i === 0)) expect(Math.abs(words[i]!.startS - start)).toBeLessThan(CLOSE_S);
        expect(Math.abs(words[i]!.endS - end)).toBeLessThan(CLOSE_S);
        expect(Math.abs(words[i]!.probability - probability)).toBeLessThan(1e-3);
      }
      if (skipsFirst) expect(words[0]!.startS).toBeGreaterThan(expected[0]!.start);
    },
    60_000,
  );
});
