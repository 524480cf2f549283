import fc from 'fast-check';
import { decodeWindow } from '../../../service/src/whisper/decode-window';
import type { DecodingOptions } from '../../../service/src/whisper/decoding-options';
import type { DecodingResult } from '../../../service/src/whisper/decoding-result';
import { randomModel, type FakeModel } from './fake-model';
import { SPECIAL, TEXT_TOKENS, timestamp, TOKENIZER } from './small-vocabulary';

const ENGLISH: DecodingOptions = { language: 'en', task: 'transcribe', timestamps: false, temperature: 0 };
const DETECT: DecodingOptions = { ...ENGLISH, language: undefined };

const decode = (model: FakeModel, options: DecodingOptions): Promise<DecodingResult> =>
  decodeWindow({ model, special: SPECIAL, tokenizer: TOKENIZER }, new Float32Array(16_000), options);

describe('the rules hold on random logits', () => {
  const seeds = fc.integer();
  const temperatures = fc.constantFrom(0, 0.4, 1);
  const decodeRandom = (seed: number, options: Partial<DecodingOptions>) =>
    decode(randomModel(seed), { ...ENGLISH, maxNewTokens: 40, seed, ...options });

  test('a text is made of text tokens and, where asked for, timestamps; suppressed tokens never come', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, temperatures, fc.boolean(), async (seed, temperature, timestamps) => {
        const { tokens, tokenLogProbs } = await decodeRandom(seed, { temperature, timestamps });
        for (const token of tokens) {
          expect(SPECIAL.suppress).not.toContain(token);
          expect(token < TEXT_TOKENS || (timestamps && token >= SPECIAL.timestampBegin)).toBe(true);
        }
        expect(tokenLogProbs).toHaveLength(tokens.length);
        expect(tokenLogProbs.every((logProb) => logProb <= 1e-6)).toBe(true);
      }),
    );
  });

  test('a text never begins with a blank and is never empty', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, temperatures, async (seed, temperature) => {
        const { tokens } = await decodeRandom(seed, { temperature });
        expect(tokens.length).toBeGreaterThan(0);
        expect(tokens[0]).not.toBe(0);
      }),
    );
  });

  test('timestamps come in pairs, the first within a second, never decrease, and no segment has length 0', async () => {
    let segments = 0;
    await fc.assert(
      fc.asyncProperty(seeds, temperatures, async (seed, temperature) => {
        const { tokens } = await decodeRandom(seed, { temperature, timestamps: true });
        expect(tokens[0]).toBeGreaterThanOrEqual(SPECIAL.timestampBegin);
        expect(tokens[0]).toBeLessThanOrEqual(timestamp(1));
        let opened: number | undefined;
        let closed = 0;
        for (const [i, token] of tokens.entries()) {
          if (token < SPECIAL.timestampBegin) {
            expect(opened).toBeDefined();
          } else if (opened === undefined) {
            expect(token).toBeGreaterThanOrEqual(closed);
            opened = token;
          } else {
            expect(token).toBeGreaterThan(opened);
            expect(tokens[i - 1]).toBeLessThan(SPECIAL.timestampBegin);
            [closed, opened] = [token, undefined];
            segments++;
          }
        }
      }),
      { numRuns: 150 },
    );
    expect(segments).toBeGreaterThan(100);
  });

  test('the same seed gives the same text at any temperature', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, temperatures, async (seed, temperature) => {
        const options = { temperature, timestamps: true };
        expect(await decodeRandom(seed, options)).toEqual(await decodeRandom(seed, options));
      }),
      { numRuns: 20 },
    );
  });

  test('every decoder is disposed of, exactly once', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.boolean(), async (seed, prompted) => {
        const model = randomModel(seed);
        const promptTokens = prompted ? [1] : [];
        await decode(model, { ...DETECT, maxNewTokens: 3, promptTokens });
        expect(model.alive).toBe(0);
        expect(model.steps).toHaveLength(prompted ? 3 : 2);
      }),
      { numRuns: 20 },
    );
  });
});
