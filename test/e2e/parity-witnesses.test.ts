import type { Segment } from '../../service/src/whisper/segments';
import type { TranscribeOptions } from '../../service/src/whisper/transcribe';
import {
  byVariant,
  decodeLike,
  isAsLikely,
  nanoEngine,
  transcribeLike,
  witness,
  type WitnessSegment,
  type WitnessWindow,
} from '../parity/witness';
import { sampleAudio } from '../support/nano';

interface Fixture {
  readonly windows: readonly WitnessWindow[];
  readonly long: readonly { readonly name: string; readonly segments: readonly WitnessSegment[] }[];
}

interface FirstStep {
  readonly noSpeechProb: number;
  readonly languages: Readonly<Record<string, number>>;
}

const TRANSFORMERS = witness('transformers') as Fixture & {
  readonly firstSteps: Readonly<Record<string, FirstStep>>;
};
const WITNESSES: Readonly<Record<string, Fixture>> = {
  transformers: TRANSFORMERS,
  'faster-whisper': witness('faster-whisper') as Fixture,
};

const NO_SCORE =
  'CTranslate2 divides the score of a text by its length: an empty one loses against any other. transformers counts the ' +
  'end of the text too, and here an empty text counts as one token: over silence it wins.';

/** Where ours and theirs differ, and why. What is not here must agree, and what is here must not. */
const DIFFERENCES: readonly {
  readonly variant: string;
  readonly file: string;
  readonly name: string;
  readonly reason: string;
}[] = ['noise.wav', 'silence.wav'].map((file) => ({
  variant: 'without timestamps, beam size 5',
  file,
  name: 'faster-whisper',
  reason: NO_SCORE,
}));

const TIMESTAMP_BEGIN = 651;

/** Of what the witnesses were prompted with: " I want to pay four hundred dollars." (test/parity/nano.py). */
const PROMPT_TOKENS = TRANSFORMERS.windows.find(({ promptTokens }) => promptTokens.length > 0)!.promptTokens;

describe('transformers and faster-whisper on the same weights', () => {
  const engine = nanoEngine();
  let conditioned: readonly Segment[];
  const long = (options: Partial<TranscribeOptions>): Promise<readonly Segment[]> =>
    transcribeLike(engine, sampleAudio('long-en.wav'), { language: 'en', ...options });

  beforeAll(async () => {
    conditioned = await long({ conditionOnPreviousText: true });
  }, 60_000);

  it.each(byVariant(TRANSFORMERS.windows))(
    'write the same tokens, as likely, %s',
    async (variant, windows) => {
      const compared: Record<string, number> = {};
      const differing: unknown[] = [];
      const unlikely: unknown[] = [];
      for (const asked of windows) {
        const ours = await decodeLike(engine, asked);
        for (const [name, fixture] of Object.entries(WITNESSES)) {
          const theirs = new Map(byVariant(fixture.windows)).get(variant)?.find(({ file }) => file === asked.file);
          if (theirs === undefined) continue; // this witness was not asked this
          compared[name] = (compared[name] ?? 0) + 1;
          const difference = { name, variant, file: asked.file };
          if (ours.tokens.join() !== theirs.tokens.join()) {
            differing.push(difference);
          } else if (
            !isAsLikely(theirs, ours.avgLogProb) ||
            Math.abs(ours.noSpeechProb - (theirs.noSpeechProb ?? ours.noSpeechProb)) > 1e-3
          ) {
            unlikely.push({ ...difference, ours: [ours.avgLogProb, ours.noSpeechProb], theirs: theirs.avgLogProb });
          }
        }
      }
      for (const [name, all] of Object.entries(compared)) {
        const apart = differing.filter((each) => (each as { name: string }).name === name).length;
        console.log(`${name}: ${all - apart} of ${all} windows agree, ${variant}`);
      }
      expect(differing).toEqual(
        DIFFERENCES.filter((each) => each.variant === variant).map(({ reason: _, ...difference }) => difference),
      );
      expect(unlikely).toEqual([]);
    },
    240_000,
  );

  it('are as sure of speech and of the language (transformers)', async () => {
    for (const [file, { noSpeechProb, languages }] of Object.entries(TRANSFORMERS.firstSteps)) {
      const window = TRANSFORMERS.windows.find((each) => each.file === file && !each.timestamps)!;
      const ours = await decodeLike(engine, window, { language: undefined, maxNewTokens: 1 });
      const [likeliest, probability] = Object.entries(languages).reduce((a, b) => (b[1] > a[1] ? b : a));
      expect([file, ours.language]).toEqual([file, likeliest]);
      expect(Math.abs(ours.languageProbability! - probability)).toBeLessThan(1e-3);
      expect(Math.abs(ours.noSpeechProb - noSpeechProb)).toBeLessThan(1e-3);
    }
  }, 120_000);

  const named = (witnessName: string, name: string): readonly WitnessSegment[] =>
    WITNESSES[witnessName]!.long.find((each) => each.name === name)!.segments;

  it('write the same text of long audio, each window alone (transformers)', async () => {
    const tokens = (await long({})).flatMap((segment) => segment.tokens);
    expect(tokens).toEqual(named('transformers', 'alone').flatMap((segment) => withoutNextStart(segment.tokens)));
  }, 60_000);

  it.each([
    // Its own spectrogram makes other tokens of near ties, and other windows from there on.
    ['alone', 17, {}],
    ['hot words, alone', 21, { hotWordTokens: PROMPT_TOKENS }],
  ])(
    'mostly cut long audio into the same segments, %s (faster-whisper)',
    async (name, atLeast, options) => {
      const ours = (await long(options)).map(({ tokens }) => tokens.join());
      const reference = named('faster-whisper', name);
      const same = reference.filter(({ tokens }) => ours.includes(withoutNextStart(tokens).join())).length;
      console.log(`${same} of ${reference.length} segments agree, ${name}`);
      expect(same).toBeGreaterThanOrEqual(atLeast);
    },
    60_000,
  );

  it.each(Object.keys(WITNESSES))(
    'cut long audio into the same segments, each window behind the text before it (%s)',
    (name) => {
      const reference = WITNESSES[name]!.long.find((each) => each.name === 'conditioned')!.segments;
      expect(conditioned.map(({ tokens }) => tokens)).toEqual(reference.map(({ tokens }) => withoutNextStart(tokens)));
      for (const [index, { start, end }] of reference.entries()) {
        expect(conditioned[index]!.startS).toBeCloseTo(start, 2);
        expect(conditioned[index]!.endS).toBeCloseTo(end, 2);
      }
    },
  );
});

/** The last whole segment of a window has, in transformers, the start of the unfinished one behind it as well. */
function withoutNextStart(tokens: readonly number[]): readonly number[] {
  const [first, second] = tokens.slice(-2);
  return first! >= TIMESTAMP_BEGIN && second! >= TIMESTAMP_BEGIN ? tokens.slice(0, -1) : tokens;
}
