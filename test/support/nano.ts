import { readFileSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY } from './built';

/** The embedded model and its samples. */
export const MODEL_STORE = path.join(REPOSITORY, 'service/models');
export const NANO = path.join(MODEL_STORE, 'whisper-nano');

const FOLDER = path.join(NANO, 'samples');

/** A sample of the embedded model's, as transcripts.json describes it; times in seconds. */
export interface Sample {
  readonly file: string;
  readonly bytes: Buffer;
  readonly duration: number;
  readonly text: string;
  readonly language: string | null;
  /** Voice and sentence in words: what a test of it is called. */
  readonly kind: string;
  /** Where its one sentence starts and ends; neither where nobody speaks, nor where `segments` says it. */
  readonly start?: number;
  readonly end?: number;
  /** Where the sentences of a long sample start and end. */
  readonly segments?: readonly { readonly start: number; readonly end: number }[];
}

export const SAMPLES: readonly Sample[] = (
  JSON.parse(readFileSync(path.join(FOLDER, 'transcripts.json'), 'utf8')) as Omit<Sample, 'bytes'>[]
).map((row) => ({ ...row, bytes: readFileSync(path.join(FOLDER, row.file)) }));

export function sample(file: string): Sample {
  const found = SAMPLES.find((each) => each.file === file);
  if (!found) throw new Error(`no sample ${file}`);
  return found;
}

/** The bytes of a sample, in an ArrayBuffer of their own: what a decoder may take over. */
export function sampleBytes(file: string): Uint8Array {
  return Uint8Array.from(sample(file).bytes);
}

/** The 24 short English samples. */
export const ENGLISH_SAMPLES = SAMPLES.filter(({ file }) => /^en-\d\d\.wav$/.test(file));

/** Header of the samples, which are 16-bit mono at 16 kHz. */
const HEADER_BYTES = 44;

/**
 * The audio of a sample, in -1…1.
 *
 * @param limit of the first this many
 */
export function sampleAudio(file: string, limit = Infinity): Float32Array {
  const { bytes } = sample(file);
  const length = Math.min((bytes.length - HEADER_BYTES) >> 1, limit);
  return Float32Array.from({ length }, (_, index) => bytes.readInt16LE(HEADER_BYTES + 2 * index) / 32_768);
}
