import type * as EngineModule from '../../../service/src/engine/engine';
import { openModelDirectory } from '../../../service/src/engine/model-directory';
import { ignoredShortContext, shortContextFor } from '../../../service/src/engine/short-context-for';
import { BpeTokenizer } from '../../../service/src/engine/text-tokenizer';
import type { DecodingOptions } from '../../../service/src/whisper/decoding-options';
import type { DecodingResult } from '../../../service/src/whisper/decoding-result';
import type { ShortContext } from '../../../service/src/whisper/short-context';
import { specialTokensFrom } from '../../../service/src/whisper/special-tokens';
import { tokenBudget } from '../../../service/src/whisper/transcribe-options';
import { CompiledStore } from '../../support/compiled-store';
import { ENGLISH_SAMPLES, MODEL_STORE, NANO, sample, sampleAudio, type Sample } from '../../support/nano';
import { Engine, NANO_ENGINE, type EngineClass } from '../../support/nano-engine';
import { wordErrors } from '../../support/word-error-rate';

const RATE = 16_000;
const MARGIN: ShortContext = { marginSeconds: 2.56 };
/** Samples of one sentence, in three languages. */
const SENTENCES: readonly Sample[] = [...ENGLISH_SAMPLES, sample('es-01.wav'), sample('de-01.wav')];
const TEMPERATURES = [0, 0.2, 0.6];

const tokenizer = new BpeTokenizer({ path: NANO });
const { generationConfig, config } = openModelDirectory(MODEL_STORE, 'nano', 'fp32');
const special = specialTokensFrom(generationConfig, config);
const textOf = ({ tokens }: DecodingResult): string =>
  tokenizer.decode(tokens.filter((token) => token < special.endOfText)).trim();

describe('short context on the embedded model, compiled', () => {
  let nano: CompiledStore;
  const engines = new Map<ShortContext | undefined, EngineClass>();

  const engineFor = async (shortContext: ShortContext | undefined): Promise<EngineClass> => {
    const options = { ...NANO_ENGINE, modelStore: nano.path, quantization: 'fp32', shortContext } as const;
    const engine = engines.get(shortContext) ?? new Engine(options);
    if (!engines.has(shortContext)) {
      engines.set(shortContext, engine);
      await engine.start();
    }
    return engine;
  };
  const decode = async (
    shortContext: ShortContext | undefined,
    samples: Float32Array,
    options: Partial<DecodingOptions> = {},
    ticket?: EngineModule.Ticket,
  ): Promise<DecodingResult> => {
    const engine = await engineFor(shortContext);
    return engine.decodeWindow(
      samples,
      {
        task: 'transcribe',
        timestamps: false,
        temperature: TEMPERATURES,
        maxNewTokens: Math.min(224, tokenBudget(samples)),
        ...options,
      },
      undefined,
      ticket,
    );
  };
  /** All sentences, and what they took. */
  const decodeSentences = async (
    shortContext: ShortContext | undefined,
  ): Promise<{ readonly results: readonly DecodingResult[]; readonly timing: EngineModule.RequestTiming }> => {
    const { admission } = await engineFor(shortContext);
    const ticket = admission.enter({ key: 'a', deadlineMs: Infinity });
    const results: DecodingResult[] = [];
    for (const { file } of SENTENCES) results.push(await decode(shortContext, sampleAudio(file), {}, ticket));
    ticket.leave();
    return { results, timing: ticket.timing };
  };
  const errorsOf = (results: readonly DecodingResult[]): number =>
    results.reduce((sum, result, i) => sum + wordErrors(SENTENCES[i]!.text, textOf(result)).errors, 0);

  beforeAll(async () => {
    nano = await CompiledStore.of(NANO, ['fp32']);
  });
  afterAll(async () => {
    await Promise.all([...engines.values()].map((engine) => engine.stop()));
    nano.remove();
  });

  test('hears sentences as well, in a fraction of the time', async () => {
    const whole = await decodeSentences(undefined);
    const short = await decodeSentences(MARGIN);
    const words = SENTENCES.reduce((sum, { text }) => sum + wordErrors(text, '').errors, 0);
    console.log(
      `word errors of ${words}: ${errorsOf(whole.results)} whole, ${errorsOf(short.results)} at short context; ` +
        `${JSON.stringify(short.timing.shortContext)}; encoder ${whole.timing.encodeMs.toFixed()} and ` +
        `${short.timing.encodeMs.toFixed()} ms`,
    );
    expect(whole.timing.shortContext).toBeUndefined();
    expect(short.timing.shortContext!.windows).toBe(SENTENCES.length);
    const kept = short.results.filter(({ shortContext }) => shortContext?.doubt === undefined);
    expect(kept.length).toBeGreaterThan(SENTENCES.length * 0.9);
    expect(errorsOf(short.results)).toBeLessThanOrEqual(errorsOf(whole.results) + words * 0.03);
    expect(short.timing.encodeMs).toBeLessThan(whole.timing.encodeMs / 2);
  });

  test('times words as on the whole window', async () => {
    let most = 0;
    for (const { file } of SENTENCES.slice(0, 8)) {
      const options = { language: 'en', alignWords: 'whole' } as const;
      const whole = await decode(undefined, sampleAudio(file), options);
      const short = await decode(MARGIN, sampleAudio(file), options);
      expect(short.shortContext).toEqual({ doubt: undefined });
      if (textOf(short) !== textOf(whole)) continue;
      short.words!.forEach(({ startS, endS }, i) => {
        most = Math.max(most, Math.abs(startS - whole.words![i]!.startS), Math.abs(endS - whole.words![i]!.endS));
      });
    }
    console.log(`word times differ by at most ${most.toFixed(2)} s`);
    expect(most).toBeLessThan(0.3);
  });

  test('without a margin loses itself in sentences with timestamps, which are then heard again, whole', async () => {
    const window = sampleAudio('long-en.wav').subarray(42 * RATE, 57 * RATE);
    const options = { language: 'en', timestamps: true };
    const result = await decode({ marginSeconds: 0 }, window, options);
    expect(result.shortContext).toEqual({ doubt: 'unended' });
    const whole = await decode(undefined, window, options);
    expect(whole.reachedLimit).toBe(false);
    expect(result).toEqual({ ...whole, shortContext: result.shortContext });
  });
});

test('short context is there where it is switched on and the model is a compiled one', () => {
  const on = { shortContext: 'on', shortContextMarginSeconds: 1.5 } as const;
  expect(shortContextFor({ layout: 'compiled' }, on)).toEqual({ marginSeconds: 1.5 });
  expect(shortContextFor({ layout: 'published' }, on)).toBeUndefined();
  expect(shortContextFor({ layout: 'compiled' }, { ...on, shortContext: 'off' })).toBeUndefined();
  expect(ignoredShortContext({ layout: 'published', name: 'tiny' }, on)).toMatch(/no effect.*Compile tiny with/);
  expect(ignoredShortContext({ layout: 'compiled', name: 'tiny' }, on)).toBeUndefined();
  expect(ignoredShortContext({ layout: 'published', name: 'tiny' }, { ...on, shortContext: 'off' })).toBeUndefined();
});
