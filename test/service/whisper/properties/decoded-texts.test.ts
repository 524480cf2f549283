import fc from 'fast-check';
import { deflateSync } from 'node:zlib';
import { decodeWindow } from '../../../../service/src/whisper/decode-window';
import type { DecodingOptions } from '../../../../service/src/whisper/decoding-options';
import type { DecodingResult } from '../../../../service/src/whisper/decoding-result';
import { FakeModel } from '../fake-model';
import { SPECIAL, TOKENIZER } from '../small-vocabulary';
import { isPlayable, logitsOf, logitsShape, type LogitsShape } from './awkward-logits';
import { DIGITS, seeded } from './seeded';
import { nextToken, noSpeechProb, type NextToken } from './stated-rules';

const [END_OF_TEXT, START_OF_TRANSCRIPT, TRANSLATE, TRANSCRIBE, START_OF_PREVIOUS, NO_TIMESTAMPS] = [
  20, 21, 25, 26, 28, 30,
];
const LANGUAGES = { en: 22, es: 23, de: 24 } as const;
const POSITIONS = 448;

/** Options that matter to a single temperature. */
const options = fc.record({
  language: fc.constantFrom('en', 'es', 'de', undefined),
  candidateLanguages: fc.constantFrom(undefined, undefined, ['de', 'es']),
  task: fc.constantFrom('transcribe' as const, 'translate' as const),
  timestamps: fc.boolean(),
  temperature: fc.constantFrom(0, 0, 0.001, 0.4, 1, 20),
  seed: fc.nat(1000),
  promptTokens: textTokens(300),
  prefixTokens: textTokens(100),
  maxNewTokens: fc.integer({ min: 1, max: 24 }),
  noSpeechThreshold: fc.constantFrom(undefined, 0, 0.001),
  logProbThreshold: fc.constantFrom(undefined, -0.2, -5),
});

/** Mostly none, at times more than there is room for. */
function textTokens(maxLength: number): fc.Arbitrary<number[]> {
  const length = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(0, 0, 1, 5) },
    { weight: 1, arbitrary: fc.constant(maxLength) },
  );
  return length.map((count) => Array.from({ length: count }, (_, i) => 1 + (i % 6)));
}

interface Decoded {
  readonly model: FakeModel;
  readonly result: DecodingResult | undefined;
  /** Code of the error where there is no result. */
  readonly code: string | undefined;
}

async function decode(shape: LogitsShape, given: DecodingOptions): Promise<Decoded> {
  const model = new FakeModel(logitsOf(shape));
  try {
    const parts = { model, special: SPECIAL, tokenizer: TOKENIZER };
    return { model, result: await decodeWindow(parts, new Float32Array(16), given), code: undefined };
  } catch (error) {
    return { model, result: undefined, code: (error as { code?: string }).code };
  }
}

/** Tokens in front of the text, as openai/whisper lays them out. */
function promptOf(given: DecodingOptions, language: string): number[] {
  const { promptTokens = [], prefixTokens = [], task, timestamps } = given;
  return [
    ...(promptTokens.length > 0 ? [START_OF_PREVIOUS, ...promptTokens.slice(-223)] : []),
    START_OF_TRANSCRIPT,
    LANGUAGES[language as keyof typeof LANGUAGES],
    task === 'translate' ? TRANSLATE : TRANSCRIBE,
    ...(timestamps ? [] : [NO_TIMESTAMPS]),
    ...prefixTokens,
  ];
}

/** What may come after each token of the text, and after all of them. */
function steps(shape: LogitsShape, given: DecodingOptions, prompt: readonly number[], text: readonly number[]) {
  const logits = logitsOf(shape);
  return [...text, END_OF_TEXT].map((_, i) => {
    const before = text.slice(0, i);
    return nextToken(logits([...prompt, ...before]), before, given.timestamps);
  });
}

test('every token is one that the rules allow, with its probability among them; greed takes the likeliest', async () => {
  let tokensChecked = 0;
  await fc.assert(
    fc.asyncProperty(logitsShape, options, async (shape, given) => {
      const { result } = await decode(shape, given);
      if (result === undefined) return;
      const allSteps = steps(shape, given, promptOf(given, result.language), result.tokens);
      fc.pre(allSteps.every(({ isOnEdge }) => !isOnEdge));

      for (const [i, token] of result.tokens.entries()) {
        expect([i, token, allSteps[i]!.mayCome(token)]).toEqual([i, token, true]);
        expect(result.tokenLogProbs[i]).toBeLessThanOrEqual(0);
        expect(result.tokenLogProbs[i]).toBeCloseTo(allSteps[i]!.logProb(token), DIGITS);
      }
      expect(result.tokenLogProbs).toHaveLength(result.tokens.length);
      const ended = [...result.tokens, ...(result.reachedLimit ? [] : [END_OF_TEXT])];
      expect(allSteps[ended.length - 1]!.mayCome(ended.at(-1)!)).toBe(true);
      if (given.temperature === 0) expect(ended).toEqual(ended.map((_, i) => allSteps[i]!.likeliest));
      tokensChecked += ended.length;
    }),
    seeded(180),
  );
  expect(tokensChecked).toBeGreaterThan(1000);
});

test('the numbers beside a text are finite and what they are said to be', async () => {
  await fc.assert(
    fc.asyncProperty(logitsShape, options, async (shape, drawn) => {
      const given = { ...drawn, maxNewTokens: 1 + (drawn.maxNewTokens % 6) };
      const { result } = await decode(shape, given);
      if (result === undefined) return;
      const { tokens, tokenLogProbs, avgLogProb, reachedLimit, compressionRatio } = result;
      const prompt = promptOf(given, result.language);
      const end = steps(shape, given, prompt, tokens).at(-1)!;
      fc.pre(!end.isOnEdge);

      const sum = tokenLogProbs.reduce((a, b) => a + b, reachedLimit ? 0 : end.logProb(END_OF_TEXT));
      expect(avgLogProb).toBeCloseTo(sum / (tokens.length + 1), DIGITS);
      const toStart = prompt.slice(0, prompt.indexOf(START_OF_TRANSCRIPT) + 1);
      expect(result.noSpeechProb).toBeCloseTo(noSpeechProb(logitsOf(shape)(toStart)), DIGITS);
      const text = Buffer.from(TOKENIZER.decode(tokens).trim());
      expect(compressionRatio).toBe(text.length / deflateSync(text).length);
      const { noSpeechThreshold = 0.6, logProbThreshold = -1 } = given;
      expect(result.isSpeech).toBe(result.noSpeechProb <= noSpeechThreshold || avgLogProb > logProbThreshold);
      expect(result.temperature).toBe(given.temperature);
      const numbers = [...tokenLogProbs, avgLogProb, result.noSpeechProb, compressionRatio];
      expect(numbers.filter((value) => !Number.isFinite(value))).toEqual([]);
    }),
    seeded(150),
  );
});

test('decoding fails only where the rules and the logits together leave nothing, and says so', async () => {
  let failures = 0;
  await fc.assert(
    fc.asyncProperty(logitsShape, options, async (shape, drawn) => {
      const given = { ...drawn, temperature: 0, language: 'en', maxNewTokens: 1 + (drawn.maxNewTokens % 4) };
      const { code, model } = await decode(shape, given);
      const allSteps: NextToken[] = [];
      const prompt = promptOf(given, 'en');
      for (const text: number[] = []; text.length < given.maxNewTokens && text.at(-1) !== END_OF_TEXT;) {
        const step = nextToken(logitsOf(shape)([...prompt, ...text]), text, given.timestamps);
        allSteps.push(step);
        if (!step.isDefined) break;
        text.push(step.likeliest);
      }
      fc.pre(allSteps.every(({ isOnEdge }) => !isOnEdge));

      expect(code).toBe(allSteps.every(({ isDefined }) => isDefined) ? undefined : 'invalid_logits');
      expect(model.alive).toBe(0);
      failures += code === undefined ? 0 : 1;
    }),
    seeded(120),
  );
  expect(failures).toBeGreaterThan(10);
});

test('prompt and text fit into the positions, the text into its limit, and the audio is heard once', async () => {
  const limits = fc.constantFrom(undefined, 1, 3, 447, 1000);
  const lengths = fc.constantFrom(0, 1, 220, 223, 300);
  await fc.assert(
    fc.asyncProperty(
      logitsShape.filter(isPlayable),
      options,
      limits,
      lengths,
      async (shape, drawn, maxNewTokens, length) => {
        const promptTokens = Array.from({ length }, () => 3);
        const given = { ...drawn, temperature: 0, maxNewTokens, promptTokens };
        const { model, result } = await decode({ ...shape, endBonus: -1e30, spikes: [] }, given);
        const prompt = promptOf(given, result!.language);
        // The last token is chosen and not read again.
        const limit = Math.min(maxNewTokens ?? POSITIONS / 2, POSITIONS + 1 - prompt.length);
        expect(result!.tokens).toHaveLength(limit);
        expect(result!.reachedLimit).toBe(true);
        expect(model.steps.flat(2).filter((token) => token === START_OF_TRANSCRIPT).length).toBeLessThanOrEqual(2);
        expect(model.encoded).toHaveLength(1);
        expect(model.alive).toBe(0);
      },
    ),
    seeded(8),
  );
});

test('the language is the likeliest of the candidates at the start of a transcript without a prompt', async () => {
  await fc.assert(
    fc.asyncProperty(logitsShape, options, async (shape, drawn) => {
      const given = { ...drawn, language: undefined, maxNewTokens: 1 };
      const { result } = await decode(shape, given);
      if (result === undefined) return;
      const logits = logitsOf(shape)([START_OF_TRANSCRIPT]);
      const candidates = (given.candidateLanguages ?? ['en', 'es', 'de']) as (keyof typeof LANGUAGES)[];
      const weights = candidates.map((code) => Math.exp(logits[LANGUAGES[code]]! - logits[LANGUAGES[candidates[0]!]]!));
      fc.pre(weights.every((weight) => weight > 0 && weight < Infinity));
      const best = Math.max(...weights);
      expect(result.language).toBe(candidates[weights.indexOf(best)]);
      const total = weights.reduce((a, b) => a + b);
      expect(result.languageProbability).toBeCloseTo(best / total, DIGITS);
      const sorted = [...result.languageCandidates!].sort((a, b) => b.probability - a.probability);
      expect(result.languageCandidates).toEqual(sorted);
      expect(sorted.map(({ language }) => language).sort()).toEqual([...candidates].sort());
      for (const { language, probability } of sorted) {
        expect(probability).toBeCloseTo(weights[candidates.indexOf(language as 'en')]! / total, DIGITS);
      }
    }),
    seeded(150),
  );
});
