import fc from 'fast-check';
import { beamSearch } from '../../../../service/src/whisper/beam-search';
import { decodeWindow } from '../../../../service/src/whisper/decode-window';
import type { DecodingOptions } from '../../../../service/src/whisper/decoding-options';
import type { DecodingResult } from '../../../../service/src/whisper/decoding-result';
import { SuppressBlank } from '../../../../service/src/whisper/logit-filters/suppress-blank';
import { SuppressTokens } from '../../../../service/src/whisper/logit-filters/suppress-tokens';
import { TimestampRules } from '../../../../service/src/whisper/logit-filters/timestamp-rules';
import { FakeModel } from '../fake-model';
import { SPECIAL, TOKENIZER } from '../small-vocabulary';
import { isPlayable, logitsOf, logitsShape, type LogitsShape } from './awkward-logits';
import { DIGITS, seeded } from './seeded';
import { nextToken } from './stated-rules';

const END_OF_TEXT = 20;
const OPTIONS: DecodingOptions = {
  language: 'en',
  task: 'transcribe',
  timestamps: true,
  temperature: 0,
  maxNewTokens: 8,
};

async function decode(shape: LogitsShape, options: Partial<DecodingOptions>): Promise<DecodingResult> {
  const model = new FakeModel(logitsOf(shape));
  const parts = { model, special: SPECIAL, tokenizer: TOKENIZER };
  const result = await decodeWindow(parts, new Float32Array(16), { ...OPTIONS, ...options });
  expect(model.alive).toBe(0);
  return result;
}

const playable = logitsShape.filter(isPlayable);

test('each text of a beam search obeys the rules and has the log-probability that it is said to have', async () => {
  const filters = [
    new SuppressBlank(SPECIAL.beginSuppress),
    new SuppressTokens([...SPECIAL.suppress, ...SPECIAL.languages.values()]),
    new TimestampRules(SPECIAL),
  ];
  await fc.assert(
    fc.asyncProperty(
      playable,
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(0.5, 1, 2),
      fc.integer({ min: 1, max: 6 }),
      async (shape, beamSize, patience, limit) => {
        const model = new FakeModel(logitsOf(shape));
        const decoder = model.newDecoder();
        const prompt = [SPECIAL.startOfTranscript, 22, 26];
        const logits = (await decoder.append(prompt)).at(-1)!;
        const rules = { filters, endOfText: END_OF_TEXT, limit };
        const texts = await beamSearch({ decoder, logits }, rules, { beamSize, patience });

        expect(new Set(texts.map(({ tokens, ended }) => [...tokens, ended].join(' '))).size).toBe(texts.length);
        expect(texts.length).toBeGreaterThan(0);
        for (const { tokens, tokenLogProbs, logProbSum, ended } of texts) {
          // With less patience than one, texts that would go on fill up the beams, as in openai/whisper.
          expect(ended || tokens.length === limit || patience < 1).toBe(true);
          let sum = 0;
          for (const [i, token] of [...tokens, ...(ended ? [END_OF_TEXT] : [])].entries()) {
            const before = tokens.slice(0, i);
            const step = nextToken(logitsOf(shape)([...prompt, ...before]), before, true);
            fc.pre(!step.isOnEdge);
            expect([i, token, step.mayCome(token)]).toEqual([i, token, true]);
            if (i < tokens.length) expect(tokenLogProbs[i]).toBeCloseTo(step.logProb(token), DIGITS);
            sum += step.logProb(token);
          }
          expect(logProbSum).toBeCloseTo(sum, DIGITS);
        }
        decoder.dispose();
        expect(model.alive).toBe(0);
      },
    ),
    seeded(80),
  );
});

test('of several beams the likeliest text for its length is the result, by the same rules', async () => {
  await fc.assert(
    fc.asyncProperty(playable, fc.integer({ min: 2, max: 4 }), fc.boolean(), async (shape, beamSize, timestamps) => {
      const { tokens, tokenLogProbs, reachedLimit } = await decode(shape, { beamSize, timestamps, maxNewTokens: 4 });
      const prompt = [SPECIAL.startOfTranscript, 22, 26, ...(timestamps ? [] : [SPECIAL.noTimestamps])];
      for (const [i, token] of [...tokens, ...(reachedLimit ? [] : [END_OF_TEXT])].entries()) {
        const before = tokens.slice(0, i);
        const step = nextToken(logitsOf(shape)([...prompt, ...before]), before, timestamps);
        fc.pre(!step.isOnEdge);
        expect([i, token, step.mayCome(token)]).toEqual([i, token, true]);
        if (i < tokens.length) expect(tokenLogProbs[i]).toBeCloseTo(step.logProb(token), DIGITS);
      }
    }),
    seeded(40),
  );
});

/** openai/whisper: the sum over the length, not over one more. */
function score({ avgLogProb, tokens }: DecodingResult): number {
  return (avgLogProb * (tokens.length + 1)) / tokens.length;
}

test('the best of several draws is the likeliest of what each seed draws alone', async () => {
  await fc.assert(
    fc.asyncProperty(playable, fc.integer({ min: 1, max: 5 }), fc.nat(99), async (shape, bestOf, seed) => {
      const options = { temperature: 0.7, timestamps: false, maxNewTokens: 3 };
      const alone: DecodingResult[] = [];
      for (let i = 0; i < bestOf; i++) alone.push(await decode(shape, { ...options, seed: seed + i }));
      const best = await decode(shape, { ...options, seed, bestOf });
      expect(score(best)).toBe(Math.max(...alone.map(score)));
      expect(alone).toContainEqual(best);
      expect(await decode(shape, { ...options, seed, bestOf })).toEqual(best);
    }),
    seeded(25),
  );
});

test('the ladder of temperatures stops at the first text that needs no other, or at its end', async () => {
  const stops = new Set<number>();
  const thresholds = fc.record({
    logProbThreshold: fc.constantFrom(undefined, -0.05, -0.5, -9),
    // Short texts compress to more than they were.
    compressionRatioThreshold: fc.constantFrom(undefined, 0.3),
    noSpeechThreshold: fc.constantFrom(undefined, 0.0005),
  });
  const ladders = fc.array(fc.constantFrom(0, 0.2, 0.6, 1, 3), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(playable, thresholds, ladders, fc.nat(99), async (shape, limits, temperatures, seed) => {
      const bestOf = 2;
      const attempts: DecodingResult[] = [];
      for (const [attempt, temperature] of temperatures.entries()) {
        attempts.push(
          await decode(shape, { ...limits, maxNewTokens: 4, temperature, bestOf, seed: seed + attempt * bestOf }),
        );
      }
      const { logProbThreshold = -1, compressionRatioThreshold = 2.4, noSpeechThreshold = 0.6 } = limits;
      const first = attempts.findIndex(({ avgLogProb, compressionRatio, noSpeechProb }) => {
        const isUnlikely = avgLogProb < logProbThreshold;
        if (noSpeechProb > noSpeechThreshold && isUnlikely) return true;
        return !isUnlikely && compressionRatio <= compressionRatioThreshold;
      });
      const stop = first === -1 ? attempts.length - 1 : first;
      stops.add(stop);
      expect(await decode(shape, { ...limits, maxNewTokens: 4, temperature: temperatures, bestOf, seed })).toEqual(
        attempts[stop],
      );
    }),
    seeded(40),
  );
  expect([...stops].sort()).toEqual([0, 1, 2, 3]);
});
