import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { decodeAudio } from '../../src/audio/decode-audio';
import { SAMPLE_RATE_HZ } from '../../src/whisper/audio-format';
import { wavFile } from '../calibration/wav-file';
import { CASES, LONG_FILE, OTHER_LENGTHS } from './cases';

/** From the compiled benchmark. */
const SPEECH = path.resolve(__dirname, '../../../../service/models/whisper-nano/samples');

/** Writes NAME.wav for the server, and of windows and the long file NAME.f32 for the drivers: speech without end, cut to each length. */
export async function writeRecordings(folder: string): Promise<void> {
  const wanted = [...CASES, LONG_FILE, ...OTHER_LENGTHS];
  if (wanted.every(({ audio }) => existsSync(path.join(folder, `${audio}.wav`)))) return;
  mkdirSync(folder, { recursive: true });
  const utterances: Float32Array[] = [];
  for (const name of readdirSync(SPEECH)
    .filter((each) => /^en-\d+\.wav$/.test(each))
    .sort()) {
    const { samples } = await decodeAudio(readFileSync(path.join(SPEECH, name)), { maxDurationS: LONG_FILE.seconds });
    utterances.push(samples);
  }
  for (const { audio, seconds } of wanted) {
    const samples = repeated(utterances, seconds * SAMPLE_RATE_HZ);
    if (!OTHER_LENGTHS.some((each) => each.audio === audio))
      writeFileSync(path.join(folder, `${audio}.f32`), new Uint8Array(samples.buffer));
    writeFileSync(path.join(folder, `${audio}.wav`), wavFile(samples));
  }
}

/** One utterance after another, and from the first again, until there is enough. */
function repeated(utterances: readonly Float32Array[], length: number): Float32Array {
  const samples = new Float32Array(length);
  for (let at = 0, turn = 0; at < length; turn++) {
    const part = utterances[turn % utterances.length]!.subarray(0, length - at);
    samples.set(part, at);
    at += part.length;
  }
  return samples;
}
