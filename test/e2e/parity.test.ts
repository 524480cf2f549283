import { readFileSync } from 'node:fs';
import path from 'node:path';
import type * as EngineModule from '../../service/src/engine/engine';
import type * as EngineTranscriberModule from '../../service/src/engine/engine-transcriber';
import type * as ModelDirectoryModule from '../../service/src/engine/model-directory';
import type { DecodingResult } from '../../service/src/whisper/decoding-result';
import type * as TranscribeModule from '../../service/src/whisper/transcribe';
import { builtModule, REPOSITORY } from '../support/built';
import { MODEL_STORE, sampleAudio } from '../support/nano';

// As in production: the engine runs its compiled process.
const { Engine } = builtModule('service/src/engine/engine.js') as typeof EngineModule;
const { engineTranscriber } = builtModule('service/src/engine/engine-transcriber.js') as typeof EngineTranscriberModule;
const { openModelDirectory } = builtModule('service/src/engine/model-directory.js') as typeof ModelDirectoryModule;
const { transcribe } = builtModule('service/src/whisper/transcribe.js') as typeof TranscribeModule;

interface ReferenceWindow {
  readonly file: string;
  readonly language: string;
  readonly timestamps: boolean;
  readonly beamSize: number;
  readonly promptTokens: readonly number[];
  readonly tokens: readonly number[];
  readonly avgLogProb: number;
  readonly noSpeechProb: number;
  readonly compressionRatio: number;
}

interface ReferenceSegment {
  readonly start: number;
  readonly end: number;
  readonly tokens: readonly number[];
}

/** Written by `npm run parity:refresh`. */
const REFERENCE = JSON.parse(
  readFileSync(path.join(REPOSITORY, 'test/fixtures/parity/openai-whisper.json'), 'utf8'),
) as {
  readonly windows: readonly ReferenceWindow[];
  readonly languages: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly long: Readonly<Record<'alone' | 'conditioned', readonly ReferenceSegment[]>>;
};

describe('openai-whisper on the same weights', () => {
  const engine = new Engine({ modelStore: MODEL_STORE, model: 'nano', quantization: 'fp32', threads: 1, maxQueue: 1 });
  beforeAll(() => engine.start(), 60_000);
  afterAll(() => engine.stop());

  const decode = (window: ReferenceWindow, language: string | undefined): Promise<DecodingResult> =>
    engine.decodeWindow(sampleAudio(window.file, 480_000), {
      task: 'transcribe',
      language,
      timestamps: window.timestamps,
      temperature: 0,
      beamSize: window.beamSize,
      promptTokens: window.promptTokens,
    });

  const variants = new Map<string, ReferenceWindow[]>();
  for (const window of REFERENCE.windows) {
    const prompted = window.promptTokens.length > 0 ? ', with a prompt' : '';
    const name = `${window.timestamps ? 'with' : 'without'} timestamps, beam size ${window.beamSize}${prompted}`;
    variants.set(name, [...(variants.get(name) ?? []), window]);
  }

  it.each([...variants])(
    'writes the same tokens, as likely, %s',
    async (_, windows) => {
      const differing: unknown[] = [];
      let compared = 0;
      for (const window of windows) {
        // Without timestamps the embedded model may answer silence with nothing, by its generation_config.json;
        // openai-whisper suppresses an empty text with every model.
        if (!window.timestamps && ['noise.wav', 'silence.wav'].includes(window.file)) continue;
        compared++;
        const { tokens, avgLogProb, noSpeechProb, compressionRatio } = await decode(window, window.language);
        // Timestamps that nobody asked for are suppressed here and not there, so that words are a little likelier.
        const likelier = avgLogProb - window.avgLogProb;
        const likely = window.timestamps ? Math.abs(likelier) < 1e-3 : likelier > -1e-3 && likelier < 0.2;
        const close =
          likely &&
          Math.abs(noSpeechProb - window.noSpeechProb) < 1e-3 &&
          // Node.js' zlib compresses a few bytes better or worse.
          Math.abs(compressionRatio - window.compressionRatio) < 0.05;
        if (!close || tokens.join() !== window.tokens.join()) {
          const got = { tokens: tokens.join(), avgLogProb, noSpeechProb, compressionRatio };
          differing.push({ window: { ...window, tokens: window.tokens.join() }, got });
        }
      }
      console.log(`${compared - differing.length} of ${compared} windows agree`);
      expect(differing).toEqual([]);
    },
    120_000,
  );

  it('is as sure of the language', async () => {
    for (const [file, probabilities] of Object.entries(REFERENCE.languages)) {
      const window = REFERENCE.windows.find((each) => each.file === file)!;
      const { language, languageCandidates } = await decode({ ...window, promptTokens: [] }, undefined);
      expect([file, language]).toEqual([file, languageCandidates![0]!.language]);
      expect(languageCandidates).toHaveLength(Object.keys(probabilities).length);
      for (const candidate of languageCandidates!) {
        expect(Math.abs(candidate.probability - probabilities[candidate.language]!)).toBeLessThan(1e-3);
      }
    }
  }, 60_000);

  it.each(['alone', 'conditioned'] as const)(
    'cuts long audio into the same segments, each window %s',
    async (way) => {
      const transcriber = engineTranscriber(engine, openModelDirectory(MODEL_STORE, 'nano', 'fp32'));
      const samples = sampleAudio('long-en.wav');
      const speech = [{ startSample: 0, endSample: samples.length }];
      const { segments } = await transcribe({ samples, speech }, transcriber, {
        task: 'transcribe',
        language: 'en',
        timestamps: true,
        temperature: 0,
        strategy: 'sequential',
        conditionOnPreviousText: way === 'conditioned',
      });

      const reference = REFERENCE.long[way];
      expect(segments.flatMap(({ tokens }) => tokens)).toEqual(reference.flatMap(({ tokens }) => tokens));
      // Text that the reference times behind the audio's end belongs to the last segment inside of it here.
      const durationS = Math.floor(samples.length / 160) / 100;
      const inside = reference.filter(({ start }) => start < durationS);
      expect(segments).toHaveLength(inside.length);
      for (const [index, { start, end }] of inside.entries()) {
        expect(segments[index]!.startS).toBeCloseTo(start, 2);
        expect(segments[index]!.endS).toBeCloseTo(Math.min(end, durationS), 2);
      }
    },
    60_000,
  );
});
