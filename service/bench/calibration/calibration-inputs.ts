import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const MODEL = 'service/models/whisper-nano';
export const HELD_OUT_SET = 'test/fixtures/held-out';

/**
 * What the committed figures come from: the model, the recordings, the arithmetic of this folder, and of the server the
 * sources that turn logits into tokens with their probabilities. Those around them (audio, features, engine process,
 * segments, words) are left out, so that not every change is a reason to measure again: what they do to the figures the
 * quick check of the end-to-end tests sees.
 */
const INPUTS = [
  `${MODEL}/config.json`,
  `${MODEL}/generation_config.json`,
  `${MODEL}/tokenizer.json`,
  `${MODEL}/onnx`,
  HELD_OUT_SET,
  'service/bench/calibration',
  'service/src/whisper/hypothesis.ts',
  'service/src/whisper/logit-filters',
  'service/src/whisper/logits',
  'service/src/whisper/sample-text.ts',
  'service/src/whisper/temperature-fallback.ts',
  'service/src/whisper/token-sampler.ts',
];
/** Of the recordings' folder, what is decoded; how it was made does not count. */
const IS_INPUT = /\.(json|onnx|flac|ts)$/;
/** They write what the figures say, and make none: a test compares their work with the committed files. */
const WRITERS = ['calibration-inputs.ts', 'calibration-report.ts', 'calibrate.ts', 'reliability-diagram.ts'];

/** @param repository - its root */
export function calibrationInputsHash(repository: string): string {
  const hash = createHash('sha256');
  for (const file of INPUTS.flatMap((input) => filesOf(repository, input))) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(repository, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesOf(repository: string, input: string): readonly string[] {
  if (path.extname(input) !== '') return [input];
  return readdirSync(path.join(repository, input))
    .filter((name) => IS_INPUT.test(name) && !WRITERS.includes(name))
    .sort()
    .map((name) => `${input}/${name}`);
}
