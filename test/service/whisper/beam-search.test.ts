import fc from 'fast-check';
import { beamSearch } from '../../../service/src/whisper/beam-search';
import { averageLogProb, likeliest } from '../../../service/src/whisper/hypothesis';
import { logSumExp } from '../../../service/src/whisper/logits/logits';
import { sampleText } from '../../../service/src/whisper/sample-text';
import type { SearchRules, SearchStart } from '../../../service/src/whisper/text-search';
import { newTokenSampler } from '../../../service/src/whisper/token-sampler';
import { FakeModel, logitsWith, randomModel } from './fake-model';
import { SPECIAL } from './small-vocabulary';

const { endOfText, startOfTranscript } = SPECIAL;
const RULES: SearchRules = { filters: [], endOfText, limit: 20 };

async function startOf(model: FakeModel): Promise<SearchStart> {
  const decoder = model.newDecoder();
  const [logits] = await decoder.append([startOfTranscript]);
  return { decoder, logits: logits! };
}

/** A model whose every step is given by the text so far; what is not named is impossible. */
function tree(next: Readonly<Record<string, Readonly<Record<number, number>>>>): FakeModel {
  return new FakeModel((tokens) => {
    const probabilities = next[tokens.slice(1).join(' ')] ?? { [endOfText]: 1 };
    const logits = logitsWith({}).fill(-Infinity);
    for (const [token, probability] of Object.entries(probabilities)) logits[Number(token)] = Math.log(probability);
    return logits;
  });
}

/** round() of Python. */
const MAX_CANDIDATES = new Map([
  [0.5, 1],
  [1, 1],
  [1.5, 2],
  [2, 2],
  [2.5, 2],
  [3, 3],
  [4, 4],
  [5, 5],
  [6, 6],
  [8, 8],
  [10, 10],
]);

/**
 * openai/whisper's BeamSearchDecoder.update and finalize, as literally as two languages allow: sequences as keys, all
 * beams read anew at each step. Its models suppress an empty text by a filter.
 */
function reference(
  logitsOf: (tokens: readonly number[]) => Float32Array,
  { beamSize, patience, limit }: { beamSize: number; patience: number; limit: number },
): [sequence: string, logProbSum: number][] {
  const maxCandidates = MAX_CANDIDATES.get(beamSize * patience)!;
  const finished = new Map<string, number>();
  let beams: [sequence: number[], sum: number][] = Array.from({ length: beamSize }, () => [[], 0]);
  for (let step = 0; step < limit; step++) {
    const scores = new Map<string, number>();
    for (const [prefix, sum] of beams) {
      const logits = logitsOf([startOfTranscript, ...prefix]);
      const normalizer = logSumExp(logits);
      const allowed = [...logits.keys()].filter((token) => step > 0 || token !== endOfText);
      const top = allowed.sort((a, b) => logits[b]! - logits[a]! || a - b).slice(0, beamSize + 1);
      for (const token of top) scores.set([...prefix, token].join(' '), sum + logits[token]! - normalizer);
    }
    const next: typeof beams = [];
    const newly: [string, number][] = [];
    for (const [key, sum] of [...scores].sort((a, b) => b[1] - a[1])) {
      const sequence = key.split(' ').map(Number);
      if (sequence.at(-1) === endOfText) {
        newly.push([key, sum]);
      } else {
        next.push([sequence, sum]);
        if (next.length === beamSize) break;
      }
    }
    beams = next;
    for (const [key, sum] of newly) if (finished.size < maxCandidates) finished.set(key, sum);
    if (finished.size >= maxCandidates) break;
  }
  if (finished.size < beamSize) {
    for (const [sequence, sum] of beams) {
      finished.set([...sequence, endOfText].join(' '), sum);
      if (finished.size >= beamSize) break;
    }
  }
  return [...finished];
}

describe('a beam search', () => {
  test('finds the text that greed misses', async () => {
    // Greedily 1 2 with 0.6 × 0.4 = 0.24; 3 4 has 0.4 × 0.9 = 0.36.
    const model = tree({ '': { 1: 0.6, 3: 0.4 }, '1': { 2: 0.4, 5: 0.3, 6: 0.3 }, '3': { 4: 0.9, 5: 0.1 } });
    const start = await startOf(model);

    expect((await sampleText(start, RULES, newTokenSampler(0, 0))).tokens).toEqual([1, 2]);
    const texts = await beamSearch(start, RULES, { beamSize: 2, patience: 1 });
    expect(texts.map(({ tokens }) => tokens)).toEqual([
      [3, 4],
      [1, 2],
    ]);
    expect(Math.exp(texts[0]!.logProbSum)).toBeCloseTo(0.36, 6);
    expect(texts[0]!.tokenLogProbs.map(Math.exp)).toEqual([expect.closeTo(0.4, 6), expect.closeTo(0.9, 6)]);
    expect(texts.every(({ ended }) => ended)).toBe(true);
  });

  test('waits, with patience, for texts that end later', async () => {
    const model = tree({ '': { 1: 0.5, 2: 0.5 }, '1': { [endOfText]: 0.5, 3: 0.5 } });
    const lengths = async (patience: number) =>
      (await beamSearch(await startOf(model), RULES, { beamSize: 2, patience })).map(({ tokens }) => tokens.length);

    expect(await lengths(1)).toEqual([1, 1]);
    expect(await lengths(1.5)).toEqual([1, 1, 2]);
  });

  test('ends at the limit with what it has', async () => {
    const model = new FakeModel(() => logitsWith({ 1: 9, 2: 8 }));
    const texts = await beamSearch(await startOf(model), { ...RULES, limit: 3 }, { beamSize: 2, patience: 1 });

    expect(texts.map(({ tokens, ended }) => [tokens.length, ended])).toEqual([
      [3, false],
      [3, false],
    ]);
    expect(texts[0]!.tokens).toEqual([1, 1, 1]);
  });

  test('has one beam go the greedy way', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const start = await startOf(randomModel(seed));
        const [text] = await beamSearch(start, RULES, { beamSize: 1, patience: 1 });
        const greedy = await sampleText(start, RULES, newTokenSampler(0, 0));
        fc.pre(greedy.tokens.length > 0);
        expect(text).toEqual({ ...greedy, logProbSum: expect.closeTo(greedy.logProbSum, 4) });
      }),
      { numRuns: 50 },
    );
  });

  test('is that of openai/whisper, on random logits', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(0.5, 1, 2),
        fc.integer({ min: 1, max: 6 }),
        async (seed, beamSize, patience, limit) => {
          // Ends are as likely as words, so that searches end in every way.
          const likelyToEnd = (tokens: readonly number[]): Float32Array => {
            let mixed = seed;
            for (const token of tokens) mixed = Math.imul(mixed ^ (token + 1), 0x01000193) ^ (mixed >>> 15);
            const logits = logitsWith({}).fill(-Infinity);
            for (const token of [1, 2, 3, 4, 5, 6, 9, endOfText]) {
              mixed = (Math.imul(mixed, 1664525) + 1013904223) | 0;
              logits[token] = (mixed >>> 8) / 2 ** 22;
            }
            return logits;
          };
          const model = new FakeModel(likelyToEnd);
          const start = await startOf(model);
          const texts = await beamSearch(start, { ...RULES, limit }, { beamSize, patience });
          start.decoder.dispose();
          const written = texts.filter(({ tokens }) => tokens.length > 0);
          expect(written.map(({ tokens, logProbSum }) => [[...tokens, endOfText].join(' '), logProbSum])).toEqual(
            reference(likelyToEnd, { beamSize, patience, limit }).map(([sequence, sum]) => [
              sequence,
              expect.closeTo(sum, 4) as unknown,
            ]),
          );
          expect(model.alive).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('may end before it begins, and goes on looking all the same', async () => {
    const silent = tree({ '': { [endOfText]: 1 } });
    const mumbling = tree({ '': { [endOfText]: 0.9, 1: 0.1 } });
    const texts = async (model: FakeModel) =>
      (await beamSearch(await startOf(model), RULES, { beamSize: 2, patience: 1 })).map(({ tokens }) => tokens);

    expect(await texts(silent)).toEqual([[]]);
    expect(await texts(mumbling)).toEqual([[], [1]]);
  });

  test('frees every beam when the model fails', async () => {
    let steps = 0;
    const model = new FakeModel(() => {
      if (++steps === 6) throw new Error('out of memory');
      return logitsWith({ 1: 2, 2: 1 });
    });
    const start = await startOf(model);

    await expect(beamSearch(start, RULES, { beamSize: 3, patience: 1 })).rejects.toThrow('out of memory');
    start.decoder.dispose();
    expect(model.alive).toBe(0);
  });
});

describe('the likeliest of several texts', () => {
  const text = (logProbSum: number, length: number) => ({
    tokens: Array.from({ length }, () => 1),
    tokenLogProbs: Array.from({ length }, () => logProbSum / length),
    logProbSum,
    ended: true,
  });

  test('is so for its length', () => {
    const short = text(-2, 2);
    const long = text(-3, 6);

    expect(likeliest([short, long])).toBe(long);
    // ((5 + 2) / 6) ** 0 is 1: the sum alone counts.
    expect(likeliest([short, long], 0)).toBe(short);
    // -2 / (7 / 6) is -1.71, -3 / (11 / 6) is -1.64.
    expect(likeliest([short, long], 1)).toBe(long);
    expect(likeliest([short, long], 0.8)).toBe(short);
  });

  test('is the first of equals', () => {
    const texts = [text(-1, 2), text(-1, 2)];
    expect(likeliest(texts)).toBe(texts[0]);
  });

  test('has an average over one token more, for end-of-text', () => {
    expect(averageLogProb(text(-3, 2))).toBe(-1);
  });
});
