import { readFileSync } from 'node:fs';
import path from 'node:path';
import type * as EngineModule from '../../service/src/engine/engine';
import type { Engine } from '../../service/src/engine/engine';
import type * as EngineTranscriberModule from '../../service/src/engine/engine-transcriber';
import type * as ModelDirectoryModule from '../../service/src/engine/model-directory';
import type { DecodingOptions } from '../../service/src/whisper/decoding-options';
import type { DecodingResult } from '../../service/src/whisper/decoding-result';
import type { Segment } from '../../service/src/whisper/segments';
import type * as TranscribeModule from '../../service/src/whisper/transcribe';
import type { TranscribeOptions } from '../../service/src/whisper/transcribe';
import { builtModule, REPOSITORY } from '../support/built';
import { MODEL_STORE, sampleAudio } from '../support/nano';

/** A window as another implementation decoded it: 30 s, what is missing is silence. */
export interface WitnessWindow {
  readonly file: string;
  readonly language: string;
  readonly timestamps: boolean;
  readonly beamSize: number;
  /** Text before, without `<|startofprev|>`. */
  readonly promptTokens: readonly number[];
  /** Without the end of the text. */
  readonly tokens: readonly number[];
  /** Null where the witness has none. */
  readonly avgLogProb: number | null;
  readonly noSpeechProb?: number;
}

export interface WitnessSegment {
  readonly start: number;
  readonly end: number;
  readonly tokens: readonly number[];
}

/** What `npm run parity:refresh` wrote about a witness. */
export function witness(name: string): unknown {
  return JSON.parse(readFileSync(path.join(REPOSITORY, 'test/fixtures/parity', `${name}.json`), 'utf8')) as unknown;
}

const NANO = { modelStore: MODEL_STORE, model: 'nano', quantization: 'fp32' } as const;

/**
 * The embedded model in the witnesses' precision; as in production, in its compiled process. It runs while the tests of
 * the describe block do that asks for it.
 */
export function nanoEngine(): Engine {
  const { Engine: BuiltEngine } = builtModule('service/src/engine/engine.js') as typeof EngineModule;
  const engine = new BuiltEngine({ ...NANO, threads: 1, maxQueue: 1 });
  beforeAll(() => engine.start(), 60_000);
  afterAll(() => engine.stop());
  return engine;
}

/** Decodes the window as the witness was asked to. */
export function decodeLike(
  engine: Engine,
  { file, language, timestamps, beamSize, promptTokens }: WitnessWindow,
  further: Partial<DecodingOptions> = {},
): Promise<DecodingResult> {
  return engine.decodeWindow(sampleAudio(file, 480_000), {
    task: 'transcribe',
    language,
    timestamps,
    temperature: 0,
    beamSize,
    promptTokens,
    ...further,
  });
}

/** Transcribes the recording as a witness does, which has no speech detector: all of it, window behind window. */
export async function transcribeLike(
  engine: Engine,
  samples: Float32Array,
  options: Partial<TranscribeOptions>,
): Promise<readonly Segment[]> {
  const { engineTranscriber } = builtModule(
    'service/src/engine/engine-transcriber.js',
  ) as typeof EngineTranscriberModule;
  const { openModelDirectory } = builtModule('service/src/engine/model-directory.js') as typeof ModelDirectoryModule;
  const { transcribe } = builtModule('service/src/whisper/transcribe.js') as typeof TranscribeModule;
  const directory = openModelDirectory(NANO.modelStore, NANO.model, NANO.quantization);
  const speech = [{ startSample: 0, endSample: samples.length }];
  const { segments } = await transcribe({ samples, speech }, engineTranscriber(engine, directory), {
    task: 'transcribe',
    strategy: 'sequential',
    timestamps: true,
    temperature: 0,
    ...options,
  });
  return segments;
}

/** Windows by what was asked: `with timestamps, beam size 5`. */
export function byVariant<Window extends WitnessWindow>(windows: readonly Window[]): [string, Window[]][] {
  const variants = new Map<string, Window[]>();
  for (const window of windows) {
    const prompted = window.promptTokens.length > 0 ? ', with a prompt' : '';
    const name = `${window.timestamps ? 'with' : 'without'} timestamps, beam size ${window.beamSize}${prompted}`;
    variants.set(name, [...(variants.get(name) ?? []), window]);
  }
  return [...variants];
}

/**
 * Whether a text is as likely as the witness found it. Ours may be a little likelier: language tokens, and timestamps
 * that nobody asked for, are ruled out here, and share in the probability there. (With the language tokens suppressed
 * there too, openai-whisper comes to the same number within 1e-6.)
 */
export function isAsLikely({ timestamps, avgLogProb }: WitnessWindow, ours: number): boolean {
  if (avgLogProb === null) return true;
  const likelier = ours - avgLogProb;
  return likelier > -1e-3 && likelier < (timestamps ? 5e-3 : 0.2);
}
