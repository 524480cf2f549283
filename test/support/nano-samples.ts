import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(__dirname, '../../service/models/whisper-nano/samples');

/** A sample of the embedded model's, as transcripts.json describes it; times in seconds. */
export interface NanoSample {
  readonly file: string;
  readonly duration: number;
  readonly text: string;
  readonly start?: number;
  readonly end?: number;
  readonly segments?: readonly { readonly start: number; readonly end: number }[];
}

export const NANO_SAMPLES = JSON.parse(readFileSync(join(FOLDER, 'transcripts.json'), 'utf8')) as NanoSample[];

/** The bytes of a sample, in an ArrayBuffer of their own. */
export function nanoSampleBytes(file: string): Uint8Array {
  return Uint8Array.from(readFileSync(join(FOLDER, file)));
}
