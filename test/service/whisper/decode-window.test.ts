import { decodeWindow as decodeWindowWith } from '../../../service/src/whisper/decode-window';
import type { DecodingOptions } from '../../../service/src/whisper/decoding-options';
import type { DecodingResult } from '../../../service/src/whisper/decoding-result';
import { specialTokensFrom, type SpecialTokens } from '../../../service/src/whisper/special-tokens';
import { certain, FakeModel, logitsWith, scriptedModel } from './fake-model';
import { CONFIG, GENERATION_CONFIG, SPECIAL, TOKENIZER } from './small-vocabulary';

const { startOfTranscript, transcribe, translate, noTimestamps, endOfText, startOfPrevious, noSpeech } = SPECIAL;
const [EN, ES, DE] = [22, 23, 24];
const ENGLISH: DecodingOptions = { language: 'en', task: 'transcribe', timestamps: false, temperature: 0 };
const DETECT: DecodingOptions = { ...ENGLISH, language: undefined };
const SECOND = new Float32Array(16_000);

function decodeWindow(
  model: FakeModel,
  special: SpecialTokens,
  samples: Float32Array,
  options: DecodingOptions,
  signal?: AbortSignal,
): Promise<DecodingResult> {
  return decodeWindowWith({ model, special, tokenizer: TOKENIZER }, samples, options, signal);
}

describe('the prompt', () => {
  test('is read in one step where the language is given', async () => {
    const model = scriptedModel([1, 2]);
    const result = await decodeWindow(model, SPECIAL, SECOND, ENGLISH);
    expect(result.tokens).toEqual([1, 2]);
    expect(model.steps).toEqual([[[startOfTranscript, EN, transcribe, noTimestamps]], [[1], [2]]]);
    expect(model.encoded).toEqual([16_000]);
  });

  test('asks for timestamps by leaving out the token against them, and for English by the task', async () => {
    const model = scriptedModel([]);
    await decodeWindow(model, SPECIAL, SECOND, { ...ENGLISH, language: 'de', task: 'translate', timestamps: true });
    expect(model.steps[0]![0]).toEqual([startOfTranscript, DE, translate]);
  });

  test('carries the end of the text before, 223 tokens at most', async () => {
    const model = scriptedModel([1]);
    const promptTokens = Array.from({ length: 300 }, (_, i) => 1 + (i % 6));
    await decodeWindow(model, SPECIAL, SECOND, { ...ENGLISH, promptTokens });
    expect(model.steps[0]![0]).toEqual([
      startOfPrevious,
      ...promptTokens.slice(-223),
      startOfTranscript,
      EN,
      transcribe,
      noTimestamps,
    ]);
  });

  test('begins with the hot words, which the text before never pushes out', async () => {
    const hotWordTokens = [9, 10];
    const promptTokens = Array.from({ length: 300 }, (_, i) => 1 + (i % 6));
    const promptOf = async (options: Partial<DecodingOptions>): Promise<readonly number[]> => {
      const model = scriptedModel([1]);
      await decodeWindow(model, SPECIAL, SECOND, { ...ENGLISH, ...options });
      return model.steps[0]![0]!.slice(0, -4);
    };
    expect(await promptOf({ hotWordTokens })).toEqual([startOfPrevious, 9, 10]);
    expect(await promptOf({ hotWordTokens, promptTokens })).toEqual([
      startOfPrevious,
      9,
      10,
      ...promptTokens.slice(-221),
    ]);
    const tooMany = await promptOf({ hotWordTokens: promptTokens, promptTokens: [9] });
    expect(tooMany).toEqual([startOfPrevious, ...promptTokens.slice(0, 223)]);
  });

  test('of an English-only model has neither language nor task', async () => {
    const generationConfig = { ...GENERATION_CONFIG, is_multilingual: false, lang_to_id: null, task_to_id: null };
    const special = specialTokensFrom(generationConfig, CONFIG);
    const model = new FakeModel((tokens) => certain(tokens.length === 2 ? 1 : endOfText));
    const result = await decodeWindow(model, special, SECOND, DETECT);
    expect(model.steps).toEqual([[[startOfTranscript, noTimestamps]], [[1]]]);
    expect(result).toMatchObject({ tokens: [1], language: 'en', languageProbability: undefined });
  });
});

describe('language detection', () => {
  /** Spanish twice as likely as English, German four times; another token is likelier than all of them. */
  const atStart = logitsWith({ [EN]: 5, [ES]: 5 + Math.LN2, [DE]: 5 + Math.log(4), 3: 9 });
  const detecting = (): FakeModel =>
    new FakeModel((tokens) => (tokens.length === 1 ? atStart.slice() : certain(tokens.length === 4 ? 1 : endOfText)));

  test('is a softmax over the language tokens, on the first step of the same decoder and the same encoding', async () => {
    const model = detecting();
    const result = await decodeWindow(model, SPECIAL, SECOND, DETECT);
    expect(result.language).toBe('de');
    expect(result.languageProbability).toBeCloseTo(4 / 7, 6);
    expect(result.languageCandidates!.map(({ language }) => language)).toEqual(['de', 'es', 'en']);
    expect(result.languageCandidates!.map(({ probability }) => probability)).toEqual([
      expect.closeTo(4 / 7, 6),
      expect.closeTo(2 / 7, 6),
      expect.closeTo(1 / 7, 6),
    ]);
    expect(result.tokens).toEqual([1]);
    expect(model.steps).toEqual([[[startOfTranscript], [DE, transcribe, noTimestamps]], [[1]]]);
    expect(model.encoded).toHaveLength(1);
  });

  test('chooses among the candidates alone', async () => {
    const result = await decodeWindow(detecting(), SPECIAL, SECOND, { ...DETECT, candidateLanguages: ['en', 'es'] });
    expect(result.language).toBe('es');
    expect(result.languageProbability).toBeCloseTo(2 / 3, 6);
  });

  test('is not swayed by the text before: it uses a decoder of its own, on the same encoding', async () => {
    const model = scriptedModel([1], 'es');
    const result = await decodeWindow(model, SPECIAL, SECOND, { ...DETECT, promptTokens: [4, 5] });
    expect(result).toMatchObject({ language: 'es', tokens: [1] });
    expect(model.steps).toEqual([
      [[startOfTranscript]],
      [[startOfPrevious, 4, 5, startOfTranscript, ES, transcribe, noTimestamps]],
      [[1]],
    ]);
    expect(model.encoded).toHaveLength(1);
    expect(model.alive).toBe(0);
  });

  test('is left out where the language is given, and so is its probability', async () => {
    const result = await decodeWindow(scriptedModel([1], 'de'), SPECIAL, SECOND, ENGLISH);
    expect(result).toMatchObject({ language: 'en', languageProbability: undefined });
  });
});

describe('probabilities', () => {
  test('the average includes end-of-text and is taken among the allowed tokens', async () => {
    const logits = logitsWith({ 1: 3, 2: 1 });
    const end = logitsWith({ [endOfText]: 4 });
    const model = new FakeModel((tokens) => (tokens.length === 4 ? logits.slice() : end.slice()));
    const result = await decodeWindow(model, SPECIAL, SECOND, ENGLISH);
    // Left at the first step: 20 text tokens, less two that are suppressed and the space; later also end-of-text.
    const first = 3 - Math.log(Math.exp(3) + Math.exp(1) + 15);
    const last = 4 - Math.log(Math.exp(4) + 18);
    expect(result.tokenLogProbs).toHaveLength(1);
    expect(result.tokenLogProbs[0]).toBeCloseTo(first, 5);
    expect(result.avgLogProb).toBeCloseTo((first + last) / 2, 5);
  });

  test.each([
    ['with the language given', ENGLISH],
    ['with the language detected', DETECT],
    ['behind a text before', { ...ENGLISH, promptTokens: [1, 2, 3] }],
  ])('no-speech is read at the start of the transcript, before any rule, %s', async (_, options) => {
    const quiet = logitsWith({ [noSpeech]: 10 });
    const model = new FakeModel((tokens) =>
      tokens.at(-1) === startOfTranscript ? quiet.slice() : certain(tokens.at(-1) === noTimestamps ? 1 : endOfText),
    );
    const result = await decodeWindow(model, SPECIAL, SECOND, options);
    const others = SPECIAL.vocabularySize - 1;
    expect(result.noSpeechProb).toBeCloseTo(Math.exp(10) / (Math.exp(10) + others), 5);
  });

  /** A model whose no-speech probability is above 0.9, and whose text is either certain or all but a guess. */
  function quietModel(text: 'likely' | 'unlikely'): FakeModel {
    return new FakeModel((tokens) => {
      if (tokens.at(-1) === startOfTranscript) return logitsWith({ [noSpeech]: 12 });
      if (text === 'likely') return certain(tokens.length === 4 ? 1 : endOfText);
      return logitsWith(tokens.length === 4 ? {} : { [endOfText]: 0.01 });
    });
  }

  test('a quiet window with an unlikely text is no speech', async () => {
    const result = await decodeWindow(quietModel('unlikely'), SPECIAL, SECOND, ENGLISH);
    expect(result.noSpeechProb).toBeGreaterThan(0.9);
    expect(result.avgLogProb).toBeLessThan(-1);
    expect(result.isSpeech).toBe(false);
  });

  test('a likely text overrules the no-speech probability', async () => {
    expect((await decodeWindow(quietModel('likely'), SPECIAL, SECOND, ENGLISH)).isSpeech).toBe(true);
  });

  test('both thresholds can be moved', async () => {
    const lax = { ...ENGLISH, noSpeechThreshold: 0.9999 };
    expect((await decodeWindow(quietModel('unlikely'), SPECIAL, SECOND, lax)).isSpeech).toBe(true);
    const strict = { ...ENGLISH, logProbThreshold: 0 };
    expect((await decodeWindow(quietModel('likely'), SPECIAL, SECOND, strict)).isSpeech).toBe(false);
  });
});

describe('the length of a text', () => {
  const endless = (): FakeModel => new FakeModel(() => certain(1));

  test('is 224 tokens at most, or what was asked for', async () => {
    expect((await decodeWindow(endless(), SPECIAL, SECOND, ENGLISH)).tokens).toHaveLength(224);
    const model = endless();
    const result = await decodeWindow(model, SPECIAL, SECOND, { ...ENGLISH, maxNewTokens: 5 });
    expect(result).toMatchObject({ tokens: [1, 1, 1, 1, 1], reachedLimit: true });
    expect(model.steps.flat()).toHaveLength(5);
  });

  test('never needs more positions than the decoder has', async () => {
    const model = endless();
    const promptTokens = Array.from({ length: 223 }, () => 1);
    const result = await decodeWindow(model, SPECIAL, SECOND, { ...ENGLISH, promptTokens, maxNewTokens: 1000 });
    expect(model.steps.flat(2)).toHaveLength(448);
    expect(result.tokens).toHaveLength(448 - 228 + 1);
  });

  test('a text that ends by itself did not reach the limit', async () => {
    expect((await decodeWindow(scriptedModel([1]), SPECIAL, SECOND, ENGLISH)).reachedLimit).toBe(false);
  });
});

describe('an abort', () => {
  test('ends decoding before the next step, with its reason, and frees the decoder', async () => {
    for (const [stopAfter, options] of [
      [1, ENGLISH],
      [5, ENGLISH],
      [2, DETECT],
    ] as const) {
      const abort = new AbortController();
      const reason = new Error('the client went away');
      let steps = 0;
      const model = new FakeModel(() => {
        if (++steps === stopAfter + (options === ENGLISH ? 1 : 0)) abort.abort(reason);
        return certain(1);
      });
      await expect(decodeWindow(model, SPECIAL, SECOND, options, abort.signal)).rejects.toBe(reason);
      expect(model.steps.flat()).toHaveLength(stopAfter);
      expect(model.alive).toBe(0);
    }
  });

  test('before the start costs no run of the encoder', async () => {
    const model = scriptedModel([1]);
    const reason = new Error('too late');
    await expect(decodeWindow(model, SPECIAL, SECOND, ENGLISH, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(model.encoded).toEqual([]);
  });

  test('during the encoder costs no step of the decoder', async () => {
    const model = scriptedModel([1]);
    const abort = new AbortController();
    const decoding = decodeWindow(model, SPECIAL, SECOND, ENGLISH, abort.signal);
    abort.abort(new Error('gone'));
    await expect(decoding).rejects.toThrow('gone');
    expect(model.steps).toEqual([]);
  });
});

test('the surroundings of a window reach the encoder', async () => {
  const model = scriptedModel([1]);
  const surroundings = { before: new Float32Array(200), after: new Float32Array(3), loudest: 1.5 };
  await decodeWindow(model, SPECIAL, SECOND, { ...ENGLISH, surroundings });
  expect(model.surroundings).toEqual([surroundings]);
});

test('a failing step frees the decoder', async () => {
  const model = new FakeModel(() => {
    throw new Error('out of memory');
  });
  await expect(decodeWindow(model, SPECIAL, SECOND, ENGLISH)).rejects.toThrow('out of memory');
  expect(model.alive).toBe(0);
});

test('logits that are not numbers are an error, not a text', async () => {
  const model = new FakeModel(() => logitsWith({}).fill(NaN));
  await expect(decodeWindow(model, SPECIAL, SECOND, ENGLISH)).rejects.toMatchObject({ code: 'invalid_logits' });
});

test.each([
  ['a language that the model does not know', { language: 'fr' }, 'unsupported_language', 'It knows: en, es, de.'],
  ['a candidate that the model does not know', { candidateLanguages: ['en', 'fr'] }, 'unsupported_language', '"fr"'],
  ['no candidate at all', { candidateLanguages: [] }, 'invalid_option', 'candidateLanguages'],
  ['a negative temperature', { temperature: -1 }, 'invalid_option', 'got -1'],
  ['a temperature that is no number', { temperature: NaN }, 'invalid_option', 'got NaN'],
  ['a limit of no tokens', { maxNewTokens: 0 }, 'invalid_option', 'got 0'],
])('%s is refused before anything is computed', async (_, options, code, message) => {
  const model = scriptedModel([1]);
  await expect(decodeWindow(model, SPECIAL, SECOND, { ...ENGLISH, ...options })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
  expect(model.encoded).toEqual([]);
});

test.each([
  ['in the language', 23, DETECT],
  ['where the transcript starts', 0, ENGLISH],
])('a logit of infinity %s is an error, too', async (_, token, options) => {
  const model = new FakeModel(() => logitsWith({ [token]: Infinity }));
  await expect(decodeWindow(model, SPECIAL, SECOND, options)).rejects.toMatchObject({ code: 'invalid_logits' });
});

test('a prefix that leaves no room for text is refused', async () => {
  const model = scriptedModel([1]);
  const prompted = { ...ENGLISH, promptTokens: Array<number>(300).fill(1) };
  const prefixed = (length: number): DecodingOptions => ({ ...prompted, prefixTokens: Array<number>(length).fill(2) });
  await expect(decodeWindow(model, SPECIAL, SECOND, prefixed(220))).rejects.toMatchObject({
    code: 'invalid_option',
    message: 'prefixTokens may have at most 219 tokens, got 220.',
  });
  expect((await decodeWindow(model, SPECIAL, SECOND, prefixed(219))).tokens).toHaveLength(1);
});

test('tokens behind the last timestamp of a grown vocabulary are never written', async () => {
  const special = specialTokensFrom(GENERATION_CONFIG, { ...CONFIG, vocab_size: CONFIG.vocab_size + 1 });
  const grown = CONFIG.vocab_size;
  const model = new FakeModel(() => {
    const logits = new Float32Array(special.vocabularySize);
    logits[grown] = 20;
    logits[1] = 5;
    return logits;
  });
  for (const timestamps of [true, false]) {
    const { tokens } = await decodeWindow(model, special, SECOND, { ...ENGLISH, timestamps, maxNewTokens: 4 });
    expect(tokens).not.toContain(grown);
  }
});

test('an English-only model refuses to translate and other languages', async () => {
  const special = specialTokensFrom({ ...GENERATION_CONFIG, is_multilingual: false }, CONFIG);
  const decode = (options: Partial<DecodingOptions>) =>
    decodeWindow(scriptedModel([1]), special, SECOND, { ...ENGLISH, ...options });
  await expect(decode({ task: 'translate' })).rejects.toMatchObject({ code: 'unsupported_task' });
  await expect(decode({ language: 'es' })).rejects.toMatchObject({ code: 'unsupported_language' });
});

test('a window longer than 30 s is refused', async () => {
  await expect(decodeWindow(scriptedModel([1]), SPECIAL, new Float32Array(480_001), ENGLISH)).rejects.toMatchObject({
    code: 'invalid_option',
    message: expect.stringContaining('480001'),
  });
});
