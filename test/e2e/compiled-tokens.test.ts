import { VariantStore, variantsOf } from '../../service/bench/gate/model-variant';
import type * as EngineTranscriberModule from '../../service/src/engine/engine-transcriber';
import type * as ModelDirectoryModule from '../../service/src/engine/model-directory';
import type { DecodingOptions } from '../../service/src/whisper/decoding-options';
import type { DecodingResult } from '../../service/src/whisper/decoding-result';
import type * as TranscribeModule from '../../service/src/whisper/transcribe';
import { builtModule } from '../support/built';
import { CompiledStore } from '../support/compiled-store';
import { NANO, SAMPLES, sampleAudio } from '../support/nano';
import { Engine, NANO_ENGINE } from '../support/nano-engine';

const { engineTranscriber } = builtModule('service/src/engine/engine-transcriber.js') as typeof EngineTranscriberModule;
const { openModelDirectory } = builtModule('service/src/engine/model-directory.js') as typeof ModelDirectoryModule;
const { transcribe } = builtModule('service/src/whisper/transcribe.js') as typeof TranscribeModule;

type NanoEngine = InstanceType<typeof Engine>;

/** Sums are added up in another order, and no more. */
const CLOSE = 1e-4;
const WINDOW_SAMPLES = 480_000;
/** " I want to pay four hundred dollars." is said in none of the samples that are decoded with it. */
const PROMPT = 'I want to pay four hundred dollars.';

const WAYS: [string, Partial<DecodingOptions>][] = [
  ['without timestamps', { timestamps: false, language: 'en' }],
  ['with timestamps', { timestamps: true, language: 'en' }],
  ['with five beams', { timestamps: false, language: 'en', beamSize: 5 }],
  ['with timestamps and five beams', { timestamps: true, language: 'en', beamSize: 5 }],
  ['with the times of words', { timestamps: true, language: 'en', alignWords: 'whole' }],
  ['with the language detected', {}],
  ['at a temperature, the best of three', { language: 'en', temperature: 0.6, bestOf: 3 }],
];

describe('the compiled model in single precision', () => {
  let store: CompiledStore;
  /** Of the published files alone, whatever lies beside them. */
  let reference: VariantStore;
  let published: NanoEngine;
  let compiled: NanoEngine;

  beforeAll(async () => {
    store = await CompiledStore.of(NANO, ['fp32']);
    const variant = variantsOf(NANO).find(({ name }) => name === 'published fp32')!;
    reference = VariantStore.of(NANO, variant);
    published = new Engine({
      ...NANO_ENGINE,
      quantization: 'fp32',
      modelStore: reference.path,
      model: reference.model,
    });
    compiled = new Engine({ ...NANO_ENGINE, quantization: 'fp32', modelStore: store.path });
    await Promise.all([published.start(), compiled.start()]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([published.stop(), compiled.stop()]);
    store.remove();
    reference.remove();
  });

  const decode = (engine: NanoEngine, file: string, options: Partial<DecodingOptions>): Promise<DecodingResult> =>
    engine.decodeWindow(sampleAudio(file, WINDOW_SAMPLES), {
      task: 'transcribe',
      temperature: 0,
      timestamps: false,
      ...options,
    });

  /** Decodes by both, and expects the same of both. */
  async function expectTheSame(file: string, options: Partial<DecodingOptions>): Promise<DecodingResult> {
    const [expected, got] = await Promise.all([decode(published, file, options), decode(compiled, file, options)]);
    expect([file, got.tokens]).toEqual([file, expected.tokens]);
    expect(got.language).toBe(expected.language);
    for (const key of ['avgLogProb', 'noSpeechProb', 'compressionRatio'] as const) {
      expect(Math.abs(got[key] - expected[key])).toBeLessThan(CLOSE);
    }
    got.languageCandidates?.forEach(({ language, probability }, i) => {
      const other = expected.languageCandidates![i]!;
      expect(language).toBe(other.language);
      expect(Math.abs(probability - other.probability)).toBeLessThan(CLOSE);
    });
    expect(got.words?.map(({ text, startS, endS }) => ({ text, startS, endS }))).toEqual(
      expected.words?.map(({ text, startS, endS }) => ({ text, startS, endS })),
    );
    got.words?.forEach(({ probability }, i) => {
      expect(Math.abs(probability - expected.words![i]!.probability)).toBeLessThan(CLOSE);
    });
    return got;
  }

  it.each(WAYS)(
    'writes the tokens of the published files of every sample, %s',
    async (_, options) => {
      let tokens = 0;
      for (const { file, language } of SAMPLES) {
        const spoken = options.language === undefined ? {} : { language: language ?? 'en' };
        const result = await expectTheSame(file, { ...options, ...spoken });
        tokens += result.tokens.length;
        if (options.language === undefined) expect(result.languageCandidates!.length).toBeGreaterThan(1);
        if (options.alignWords !== undefined && result.tokens.length > 2) {
          expect(result.words!.length).toBeGreaterThan(0);
        }
      }
      expect(tokens).toBeGreaterThan(300);
    },
    180_000,
  );

  it('writes them behind a prompt', async () => {
    const promptTokens = await published.encodeText(` ${PROMPT}`);
    expect(await compiled.encodeText(` ${PROMPT}`)).toEqual(promptTokens);
    for (const { file } of SAMPLES) {
      for (const timestamps of [false, true]) await expectTheSame(file, { language: 'en', timestamps, promptTokens });
    }
  }, 120_000);

  it.each([
    ['that is the whole recording', 'en-01.wav', 0, undefined],
    ['at the beginning of a longer one', 'long-en.wav', 0, 2.5],
    ['in the middle of it', 'long-en.wav', 320_000, 2.5],
  ] as const)('hears a window %s as the published files do', async (_, file, from, loudest) => {
    const recording = sampleAudio(file);
    const to = Math.min(from + WINDOW_SAMPLES, recording.length - (recording.length % 160));
    const options: DecodingOptions = {
      task: 'transcribe',
      temperature: 0,
      timestamps: true,
      language: 'en',
      surroundings: {
        before: recording.subarray(Math.max(0, from - 200), from),
        after: recording.subarray(to, to + 200),
        loudest,
      },
    };
    const [expected, got] = await Promise.all(
      [published, compiled].map((engine) => engine.decodeWindow(recording.slice(from, to), options)),
    );
    expect(got!.tokens).toEqual(expected!.tokens);
    expect(Math.abs(got!.avgLogProb - expected!.avgLogProb)).toBeLessThan(CLOSE);
    expect(Math.abs(got!.noSpeechProb - expected!.noSpeechProb)).toBeLessThan(CLOSE);
  });

  it.each([
    ['sequential', true],
    ['sequential', false],
    ['pauses', false],
  ] as const)(
    'makes the same segments of a long recording: %s, conditioned on the text before: %s',
    async (strategy, conditionOnPreviousText) => {
      const samples = sampleAudio('long-en.wav');
      const [expected, got] = await Promise.all(
        (
          [
            [published, reference.path, reference.model],
            [compiled, store.path, 'nano'],
          ] as const
        ).map(async ([engine, modelStore, model]) => {
          const transcriber = engineTranscriber(engine, openModelDirectory(modelStore, model, 'fp32'));
          const speech = [{ startSample: 0, endSample: samples.length }];
          const { segments } = await transcribe({ samples, speech }, transcriber, {
            task: 'transcribe',
            language: 'en',
            timestamps: true,
            temperature: 0,
            strategy,
            conditionOnPreviousText,
            wordTimestamps: true,
          });
          return segments.map(({ tokens, startS, endS, words }) => ({
            tokens,
            startS,
            endS,
            words: words!.map(({ text, startS: from, endS: to }) => [text, from, to]),
          }));
        }),
      );
      expect(got!.length).toBeGreaterThan(2);
      expect(got).toEqual(expected);
    },
    120_000,
  );
});
