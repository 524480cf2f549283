import { decodeWindow } from '../../../service/src/whisper/decode-window';
import { REFERENCE_TEMPERATURES, type DecodingOptions } from '../../../service/src/whisper/decoding-options';
import type { DecodingResult } from '../../../service/src/whisper/decoding-result';
import { certain, FakeModel, logitsWith, scriptedModel } from './fake-model';
import { SPECIAL, TOKENIZER } from './small-vocabulary';

const { endOfText, noSpeech, startOfTranscript } = SPECIAL;
const OPTIONS: DecodingOptions = {
  language: 'en',
  task: 'transcribe',
  timestamps: false,
  temperature: REFERENCE_TEMPERATURES,
};

function decode(model: FakeModel, options: Partial<DecodingOptions> = {}): Promise<DecodingResult> {
  const parts = { model, special: SPECIAL, tokenizer: TOKENIZER };
  return decodeWindow(parts, new Float32Array(16_000), { ...OPTIONS, ...options });
}

/** Repeats a word for ever at temperature 0; the next likely word ends the text. */
const rut = (): FakeModel =>
  new FakeModel((tokens) =>
    tokens.at(-1) === 2 ? certain(endOfText) : logitsWith({ 1: 14, 2: 13.6, [noSpeech]: -20 }),
  );

describe('a text that repeats itself', () => {
  test('is decoded again, hotter, from the same encoding and behind the same prompt', async () => {
    const model = rut();
    const result = await decode(model, { seed: 7 });

    expect(result.temperature).toBeGreaterThan(0);
    expect(result.compressionRatio).toBeLessThan(2.4);
    expect(result.tokens.at(-1)).toBe(2);
    expect(result.reachedLimit).toBe(false);
    expect(model.encoded).toHaveLength(1);
    // One prompt, then a fork a temperature.
    const [prompt, ...attempts] = model.steps;
    expect(prompt).toHaveLength(1);
    expect(attempts).toHaveLength(REFERENCE_TEMPERATURES.indexOf(result.temperature) + 1);
    expect(model.alive).toBe(0);
  });

  test('stands where there is no other temperature, or the threshold is higher', async () => {
    const alone = await decode(rut(), { temperature: 0 });
    expect(alone).toMatchObject({ temperature: 0, reachedLimit: true });
    expect(alone.tokens).toHaveLength(224);
    expect(alone.compressionRatio).toBeGreaterThan(2.4);

    expect(await decode(rut(), { compressionRatioThreshold: 1000 })).toMatchObject({ temperature: 0 });
  });

  test('stands when the last temperature does no better', async () => {
    const hopeless = new FakeModel(() => certain(1));
    const result = await decode(hopeless);

    expect(result).toMatchObject({ temperature: 1, reachedLimit: true });
    expect(hopeless.steps).toHaveLength(1 + REFERENCE_TEMPERATURES.length);
  });
});

describe('an unlikely text', () => {
  /** 20 text tokens and end-of-text, all about as likely. */
  const guessing = (quiet = false): FakeModel =>
    new FakeModel((tokens) => {
      if (tokens.at(-1) === startOfTranscript) return logitsWith({ [noSpeech]: quiet ? 12 : -20 });
      return logitsWith(tokens.length > 6 ? { [endOfText]: 2 } : { 1: 0.01 });
    });

  test('is decoded again', async () => {
    const model = guessing();
    const result = await decode(model);

    expect(result.avgLogProb).toBeLessThan(-1);
    expect(result.temperature).toBe(1);
    expect(model.steps).toHaveLength(1 + REFERENCE_TEMPERATURES.length);
  });

  test('stands where the threshold is lower', async () => {
    expect(await decode(guessing(), { logProbThreshold: -10 })).toMatchObject({ temperature: 0 });
  });

  test('of a window that counts as no speech is not: there is nothing to find', async () => {
    const model = guessing(true);

    expect(await decode(model)).toMatchObject({ temperature: 0, isSpeech: false });
    expect(model.steps).toHaveLength(2);
    expect(await decode(guessing(true), { noSpeechThreshold: 0.99999 })).toMatchObject({ temperature: 1 });
  });
});

test('a good text is decoded once', async () => {
  const model = scriptedModel([1, 2, 3]);

  expect(await decode(model, { bestOf: 5, beamSize: 1 })).toMatchObject({ tokens: [1, 2, 3], temperature: 0 });
  expect(model.steps).toHaveLength(2);
});

test('of several draws the likeliest stands, each from a seed of its own', async () => {
  const model = (): FakeModel =>
    new FakeModel((tokens) => logitsWith(tokens.length === 4 ? { 1: 5, 2: 4.5, 3: 4 } : { [endOfText]: 20 }));
  const chosen = async (seed: number, bestOf: number): Promise<number> =>
    (await decode(model(), { temperature: 1, seed, bestOf })).tokens[0]!;

  const seeds = [...Array(20).keys()];
  const single = await Promise.all(seeds.map((seed) => chosen(seed * 100, 1)));
  const best = await Promise.all(seeds.map((seed) => chosen(seed * 100, 8)));
  expect(new Set(single).size).toBeGreaterThan(1);
  expect(new Set(best)).toEqual(new Set([1]));

  const drawing = model();
  await decode(drawing, { temperature: 1, bestOf: 3 });
  expect(drawing.steps).toHaveLength(1 + 3);
});

test('a beam search is made at temperature 0 alone', async () => {
  const unlikely = new FakeModel((tokens) => logitsWith(tokens.length > 6 ? { [endOfText]: 9 } : {}));
  const { temperature } = await decode(unlikely, { beamSize: 3, temperature: [0, 0.5] });

  expect(temperature).toBe(0.5);
  // The hotter attempt is one fork more, and no beams.
  const forks = unlikely.steps.length;
  await decode(unlikely, { beamSize: 3, temperature: 0 });
  expect(forks).toBe(unlikely.steps.length - forks + 1);
});

test('a prefix stands before the text, which goes on behind it', async () => {
  const model = new FakeModel((tokens) => certain(tokens.at(-1) === 5 ? 6 : endOfText));
  const result = await decode(model, { prefixTokens: [4, 5] });

  expect(model.steps[0]![0]!.slice(-2)).toEqual([4, 5]);
  expect(result.tokens).toEqual([6]);
});

test.each([
  [{ temperature: [] }, 'empty list'],
  [{ temperature: [0, -1] }, 'got -1'],
  [{ bestOf: 0 }, 'bestOf must be a whole number above 0, got 0'],
  [{ beamSize: 1.5 }, 'beamSize must be a whole number above 0, got 1.5'],
  [{ patience: 0 }, 'patience must be a number above 0, got 0'],
  [{ lengthPenalty: 1.1 }, 'lengthPenalty must be a number from 0 to 1, got 1.1'],
])('%j is refused', async (options, message) => {
  await expect(decode(scriptedModel([1]), options)).rejects.toMatchObject({
    code: 'invalid_option',
    message: expect.stringContaining(message),
  });
});
