import { readFileSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY } from './built';

/** The embedded model and its samples. */
export const MODEL_STORE = path.join(REPOSITORY, 'service/models');
export const NANO = path.join(MODEL_STORE, 'whisper-nano');

export interface Sample {
  readonly file: string;
  readonly bytes: Buffer;
  /** Seconds. */
  readonly duration: number;
  readonly text: string;
  readonly language: string | null;
}

export const SAMPLES: readonly Sample[] = (
  JSON.parse(readFileSync(path.join(NANO, 'samples/transcripts.json'), 'utf8')) as Omit<Sample, 'bytes'>[]
).map((row) => ({ ...row, bytes: readFileSync(path.join(NANO, 'samples', row.file)) }));

export function sample(file: string): Sample {
  const found = SAMPLES.find((each) => each.file === file);
  if (!found) throw new Error(`no sample ${file}`);
  return found;
}

/** The 24 short English samples. */
export const ENGLISH_SAMPLES = SAMPLES.filter(({ file }) => /^en-\d\d\.wav$/.test(file));
