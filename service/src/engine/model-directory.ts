import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { EngineError } from './engine-error';

export type Quantization = 'int8' | 'fp32';

/** File name suffixes of the published layout, by precision. */
const SUFFIXES: Readonly<Record<Quantization, string>> = { int8: '_quantized', fp32: '' };

/** A Whisper model on disk in the layout that Hugging Face publishes for ONNX Runtime. */
export interface ModelDirectory {
  /** The name it was asked for by. */
  readonly name: string;
  readonly path: string;
  readonly quantization: Quantization;
  readonly encoderPath: string;
  readonly decoderPath: string;
  /** Bytes of the two ONNX files. */
  readonly weightBytes: number;
  readonly config: unknown;
  readonly generationConfig: unknown;
}

/**
 * Finds a model by name: `NAME` or `whisper-NAME` in the store, or the same below an organisation's folder, as the hub
 * cache of transformers.js lays it out (`onnx-community/whisper-tiny`).
 *
 * @throws EngineError `model_not_found`, `model_invalid`
 */
export function openModelDirectory(store: string, name: string, quantization: Quantization): ModelDirectory {
  if (!/^[\w.-]+(\/[\w.-]+)?$/.test(name) || name.split('/').includes('..')) {
    throw new EngineError('model_not_found', `model name ${JSON.stringify(name)} is not a folder name`);
  }
  const organisations = existsSync(store)
    ? readdirSync(store, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
    : [];
  const candidates = [name, `whisper-${name}`, ...organisations.map((each) => `${each}/whisper-${name}`)];
  const found = candidates
    .map((candidate) => path.join(store, candidate))
    .find((candidate) => existsSync(path.join(candidate, 'config.json')));
  if (!found) {
    throw new EngineError(
      'model_not_found',
      `no model ${JSON.stringify(name)} in ${store}: expected a folder ${name} or whisper-${name} with a config.json`,
    );
  }
  const suffix = SUFFIXES[quantization];
  const encoderPath = path.join(found, 'onnx', `encoder_model${suffix}.onnx`);
  const decoderPath = path.join(found, 'onnx', `decoder_model_merged${suffix}.onnx`);
  for (const file of [encoderPath, decoderPath, path.join(found, 'tokenizer.json')]) {
    if (!existsSync(file)) {
      throw new EngineError('model_invalid', `model ${name} has no ${path.relative(found, file)} (in ${found})`);
    }
  }
  return {
    name,
    path: found,
    quantization,
    encoderPath,
    decoderPath,
    weightBytes: statSync(encoderPath).size + statSync(decoderPath).size,
    config: readJson(path.join(found, 'config.json')),
    generationConfig: readJson(path.join(found, 'generation_config.json')),
  };
}

/** @throws EngineError `model_invalid` */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch (error) {
    throw new EngineError('model_invalid', `cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
}
