import { decodeWindow as decodeWindowWith } from '../../../service/src/whisper/decode-window';
import type { DecodingOptions } from '../../../service/src/whisper/decoding-options';
import type { DecodingResult } from '../../../service/src/whisper/decoding-result';
import { planShortHearing, type ShortContextDoubt } from '../../../service/src/whisper/short-context';
import { certain, FakeModel, logitsWith, scriptedModel } from './fake-model';
import { ShortenedModel } from './shortened-model';
import { SPECIAL, timestamp, TOKENIZER } from './small-vocabulary';

const { noSpeech, startOfTranscript, noTimestamps, endOfText } = SPECIAL;
const [EN, ES, DE] = [22, 23, 24];
const MARGIN = { marginSeconds: 2.56 };
const ENGLISH: DecodingOptions = { language: 'en', task: 'transcribe', timestamps: false, temperature: 0 };
const DETECT: DecodingOptions = { ...ENGLISH, language: undefined };
const SECOND = new Float32Array(16_000);
/** Start, language, task, no timestamps. */
const HEADER_TOKENS = 4;
/** Tokens that a text of a second may have. */
const CAP = 16 + 7;
/** All different, so that nothing looks like a repetition. */
const LONG_TEXT = [1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 6, 4, 2, 5, 3, 1];

function decodeWindow(
  model: FakeModel | ShortenedModel,
  options: DecodingOptions,
  samples = SECOND,
  signal?: AbortSignal,
): Promise<DecodingResult> {
  const parts = { special: SPECIAL, tokenizer: TOKENIZER, shortContext: MARGIN };
  // The two kinds of model have features of their own.
  return model instanceof FakeModel
    ? decodeWindowWith({ ...parts, model }, samples, options, signal)
    : decodeWindowWith({ ...parts, model }, samples, options, signal);
}

/** What it hears at short context comes out as `short` says, and whole windows as two certain words. */
function hearing(short: FakeModel): ShortenedModel {
  return new ShortenedModel(short, scriptedModel([9, 10]));
}

/** Writes one word; its logits after the prompt are `header`'s, by what was read so far. */
function oneWord(header: (tokens: readonly number[]) => Float32Array | undefined): FakeModel {
  return new FakeModel((tokens) => header(tokens) ?? certain(tokens.at(-1) === noTimestamps ? 1 : endOfText));
}

describe('a window at short context', () => {
  test('is encoded as far as its audio and the margin reach, and once', async () => {
    const model = hearing(scriptedModel([1, 2]));
    const result = await decodeWindow(model, ENGLISH);
    expect(result).toMatchObject({ tokens: [1, 2], isSpeech: true, reachedLimit: false });
    expect(result.shortContext).toEqual({ doubt: undefined });
    expect(model.positions).toEqual([50 + 128]);
    expect(model.whole.encoded).toEqual([]);
  });

  test.each([
    [16_000, 0, 50],
    [16_001, 0, 51],
    [1, 0, 1],
    [16_000, 0.01, 51],
    [80_000, 2.56, 378],
    [438_720, 2.56, 1499],
    [438_721, 2.56, undefined],
    [480_000, 0, undefined],
    [16_000, 30, undefined],
  ])('of %i samples and a margin of %d s has %p positions', (samples, marginSeconds, positions) => {
    expect(planShortHearing(samples, { marginSeconds }, ENGLISH)?.positions).toBe(positions);
  });

  test('is what the words are timed on, where its text stands', async () => {
    const model = hearing(scriptedModel([1, 2]));
    const { words } = await decodeWindow(model, { ...ENGLISH, alignWords: 'whole' });
    expect(words).toHaveLength(2);
    expect([model.short.attended, model.whole.attended].map(({ length }) => length)).toEqual([1, 0]);
  });

  test.each<[string, DecodingOptions]>([
    ['is part of a recording', { ...ENGLISH, surroundings: { before: SECOND, after: SECOND, loudest: 1 } }],
    ['is all of a recording', { ...ENGLISH, surroundings: { before: SECOND, after: SECOND, loudest: undefined } }],
    ['is asked for fewer tokens than the guard counts', { ...ENGLISH, maxNewTokens: CAP - 1 }],
  ])('is heard whole where it %s', async (_, options) => {
    const model = hearing(scriptedModel([1, 2]));
    const result = await decodeWindow(model, options);
    expect(model.positions).toEqual([undefined]);
    expect(result.tokens).toEqual([9, 10]);
    expect(result.shortContext).toBeUndefined();
  });

  test('is heard whole where the model cannot do otherwise', async () => {
    const result = await decodeWindow(scriptedModel([1, 2]), ENGLISH);
    expect(result.shortContext).toBeUndefined();
    expect(result.tokens).toEqual([1, 2]);
  });
});

describe('the guard of short context', () => {
  const flat = (tokens: readonly number[]): Float32Array | undefined =>
    tokens.length >= HEADER_TOKENS ? logitsWith({ [tokens.length === HEADER_TOKENS ? 1 : endOfText]: 1 }) : undefined;
  const silent = (tokens: readonly number[]): Float32Array | undefined =>
    tokens.at(-1) === startOfTranscript ? logitsWith({ [noSpeech]: 20 }) : undefined;
  const unclear = (tokens: readonly number[]): Float32Array | undefined =>
    tokens.at(-1) === startOfTranscript ? logitsWith({ [EN]: 9, [ES]: 9, [DE]: 5 }) : undefined;
  const TIMED = { ...ENGLISH, timestamps: true };

  test.each<[ShortContextDoubt, string, FakeModel, DecodingOptions]>([
    ['unended', 'does not end', scriptedModel(LONG_TEXT), ENGLISH],
    ['repetition', 'repeats itself', scriptedModel(new Array<number>(CAP - 1).fill(1)), ENGLISH],
    ['no-speech', 'is one of silence', oneWord(silent), ENGLISH],
    ['no-speech', 'has no words', scriptedModel([timestamp(0), 0, timestamp(0.5), timestamp(0.5)]), TIMED],
    ['unlikely', 'is unlikely', oneWord(flat), ENGLISH],
    ['language', 'has no clear language', oneWord(unclear), DETECT],
  ])('finds %s in a text that %s, and the window is heard again, whole', async (doubt, _, short, options) => {
    const model = hearing(short);
    const result = await decodeWindow(model, options);
    const expected = await decodeWindow(scriptedModel([9, 10]), options);
    expect(result).toEqual({ ...expected, shortContext: { doubt } });
    expect(model.positions).toEqual([178, undefined]);
    expect([short.alive, model.whole.alive]).toEqual([0, 0]);
  });

  test('lets a text have as many tokens as the cap, and an end', async () => {
    const result = await decodeWindow(hearing(scriptedModel(LONG_TEXT.slice(0, CAP - 1))), ENGLISH);
    expect(result.tokens).toHaveLength(CAP - 1);
    expect(result.shortContext).toEqual({ doubt: undefined });
  });

  test('does not doubt a detected language that is clear', async () => {
    const { shortContext, language } = await decodeWindow(hearing(scriptedModel([1], 'es')), DETECT);
    expect([shortContext, language]).toEqual([{ doubt: undefined }, 'es']);
  });

  test('leaves the other temperatures to the whole window, and starts there with the first', async () => {
    const repeating = (): FakeModel => scriptedModel(new Array<number>(CAP - 1).fill(1));
    const model = new ShortenedModel(repeating(), repeating());
    const options = { ...ENGLISH, temperature: [0, 0.2, 0.4] };
    const result = await decodeWindow(model, options);
    // A decoder for the prompt, and a fork for each text.
    expect([model.short.steps.length, model.whole.steps.length]).toEqual([1 + 1, 1 + 3]);
    expect(result).toEqual({
      ...(await decodeWindow(repeating(), options)),
      shortContext: { doubt: 'repetition' },
    });
  });

  test.each<[ShortContextDoubt, FakeModel, DecodingOptions]>([
    ['unlikely', oneWord(flat), { logProbThreshold: -100 } as DecodingOptions],
    [
      'repetition',
      scriptedModel(new Array<number>(CAP - 1).fill(1)),
      { compressionRatioThreshold: 100 } as DecodingOptions,
    ],
    ['no-speech', oneWord(silent), { noSpeechThreshold: 1 } as DecodingOptions],
  ])('finds %s also where the caller would put up with it', async (doubt, short, thresholds) => {
    const { shortContext } = await decodeWindow(hearing(short), { ...ENGLISH, ...thresholds });
    expect(shortContext).toEqual({ doubt });
  });

  test.each<[ShortContextDoubt, Partial<DecodingOptions>]>([
    ['unlikely', { logProbThreshold: 0 }],
    ['repetition', { compressionRatioThreshold: 0 }],
    ['no-speech', { noSpeechThreshold: 0 }],
  ])('finds %s where the caller is stricter', async (doubt, thresholds) => {
    const { shortContext } = await decodeWindow(hearing(scriptedModel([1, 2])), { ...ENGLISH, ...thresholds });
    expect(shortContext).toEqual({ doubt });
  });

  test('times the words on the whole window where that is what counts', async () => {
    const model = hearing(scriptedModel(LONG_TEXT));
    const { words } = await decodeWindow(model, { ...ENGLISH, alignWords: 'whole' });
    expect(words).toHaveLength(2);
    expect([model.short.attended, model.whole.attended].map(({ length }) => length)).toEqual([0, 1]);
  });

  test('hears nothing again for a caller who is gone', async () => {
    const aborter = new AbortController();
    const short = new FakeModel((tokens) => {
      const written = tokens.length - HEADER_TOKENS;
      // The last step of a text without an end.
      if (written === CAP - 1) aborter.abort(new Error('gone'));
      return certain(LONG_TEXT[written]!);
    });
    const model = hearing(short);
    await expect(decodeWindow(model, ENGLISH, SECOND, aborter.signal)).rejects.toThrow('gone');
    expect(model.positions).toEqual([178]);
    expect(short.alive).toBe(0);
  });
});
