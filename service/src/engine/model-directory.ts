import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { hasInt8DotProducts } from './cpu-features';
import { compiledVariantFor, type CompiledVariant } from './compiled-variant';
import { EngineError } from './engine-error';

export type Quantization = 'int8' | 'fp32';

/** File name suffixes of the published layout, by precision. */
const SUFFIXES: Readonly<Record<Quantization, string>> = { int8: '_quantized', fp32: '' };

/** Files of the compiled layout (compiler/). */
export const COMPILED_FOLDER = 'compiled';

/** In that folder: what the files were made of. */
export const COMPILED_MANIFEST = 'manifest.json';

/** Version of what the server has to know of the compiled files: which there are, and the graphs' inputs and outputs. */
export const COMPILED_FORMAT = 4;

/** The tokens' bytes (token-table.ts). */
export const COMPILED_VOCABULARY = 'vocabulary.bin';

/** A Whisper model on disk, in one of two layouts. */
export type ModelDirectory = PublishedModelDirectory | CompiledModelDirectory;

/** In the layout that Hugging Face publishes for ONNX Runtime. */
export interface PublishedModelDirectory extends ModelFiles {
  readonly layout: 'published';
  /** The model was compiled, but its files are not all there of this variant, which it would be served with. */
  readonly missingVariant?: CompiledVariant;
}

/** As `whisper-stt compile-model` writes it. */
export interface CompiledModelDirectory extends ModelFiles {
  readonly layout: 'compiled';
  /** Which of the precisions was chosen for this processor. */
  readonly variant: CompiledVariant;
  readonly alignmentPath: string;
  /** What ONNX Runtime maps into memory: the weights of the encoder and of the decoder. */
  readonly encoderDataPath: string;
  readonly decoderDataPath: string;
  readonly vocabularyPath: string;
}

interface ModelFiles {
  /** The name it was asked for by. */
  readonly name: string;
  readonly path: string;
  readonly quantization: Quantization;
  readonly encoderPath: string;
  readonly decoderPath: string;
  /** Bytes of these two graphs and of their weights, wherever those are. */
  readonly weightBytes: number;
  readonly config: unknown;
  readonly generationConfig: unknown;
}

/**
 * The folder of a model: `NAME` or `whisper-NAME` in the store, or the same below an organisation's folder, as the hub
 * cache of transformers.js lays it out (`onnx-community/whisper-tiny`).
 *
 * @throws EngineError `model_not_found`
 */
export function modelFolder(store: string, name: string): string {
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
  return found;
}

/**
 * Opens a model of the store: its compiled files for this processor, or else the published ones.
 *
 * @throws EngineError `model_not_found`, `model_invalid`
 */
export function openModelDirectory(store: string, name: string, quantization: Quantization): ModelDirectory {
  const found = modelFolder(store, name);
  const compiled = compiledFiles(found, quantization);
  // First: another format may have other files, and would be taken for one that lacks some.
  if (compiled && (isComplete(compiled) || existsSync(manifestOf(found)))) checkFormat(found);
  const published = publishedFiles(found, quantization);
  // Where both lack something, a model that was compiled lacks a variant: its published files are not there as a rule.
  const files =
    compiled && (isComplete(compiled) || !isComplete(published))
      ? compiled
      : { ...published, missingVariant: compiled?.variant };
  for (const file of [...filesOfLayout(files), path.join(found, 'tokenizer.json')]) {
    if (!existsSync(file)) {
      throw new EngineError('model_invalid', `model ${name} has no ${path.relative(found, file)} (in ${found})`);
    }
  }
  return {
    name,
    path: found,
    quantization,
    ...files,
    weightBytes: weightFilesOf(files).reduce((bytes, file) => bytes + statSync(file).size, 0),
    config: readJson(path.join(found, 'config.json')),
    generationConfig: readJson(path.join(found, 'generation_config.json')),
  };
}

type PublishedFiles = Pick<PublishedModelDirectory, 'layout' | 'missingVariant' | 'encoderPath' | 'decoderPath'>;
type CompiledFiles = Omit<
  CompiledModelDirectory,
  'name' | 'path' | 'quantization' | 'weightBytes' | 'config' | 'generationConfig'
>;

/** The files of a layout. */
export function filesOfLayout(files: PublishedFiles | CompiledFiles): readonly string[] {
  return [...weightFilesOf(files), ...(files.layout === 'compiled' ? [files.alignmentPath, files.vocabularyPath] : [])];
}

function weightFilesOf(files: PublishedFiles | CompiledFiles): readonly string[] {
  const { encoderPath, decoderPath } = files;
  return [
    encoderPath,
    decoderPath,
    ...(files.layout === 'compiled' ? [files.encoderDataPath, files.decoderDataPath] : []),
  ];
}

function isComplete(files: PublishedFiles | CompiledFiles): boolean {
  return filesOfLayout(files).every((file) => existsSync(file));
}

function publishedFiles(folder: string, quantization: Quantization): PublishedFiles {
  const suffix = SUFFIXES[quantization];
  return {
    layout: 'published',
    encoderPath: path.join(folder, 'onnx', `encoder_model${suffix}.onnx`),
    decoderPath: path.join(folder, 'onnx', `decoder_model_merged${suffix}.onnx`),
  };
}

/** Names of a variant's files in the folder of the compiled ones. Large weights lie beside their graph. */
export function compiledFileNames(variant: CompiledVariant): {
  readonly encoder: string;
  readonly encoderData: string;
  readonly decoder: string;
  readonly decoderData: string;
  readonly alignment: string;
} {
  const [encoder, decoder] = [`encoder.${variant}.onnx`, `decoder.${variant}.onnx`];
  return {
    encoder,
    encoderData: `${encoder}_data`,
    decoder,
    decoderData: `${decoder}_data`,
    alignment: `alignment.${variant}.onnx`,
  };
}

/** The compiled files for this processor; undefined for a model that was not compiled. */
function compiledFiles(folder: string, quantization: Quantization): CompiledFiles | undefined {
  if (!existsSync(path.join(folder, COMPILED_FOLDER))) return undefined;
  const variant = compiledVariantFor(quantization, hasInt8DotProducts());
  const file = (name: string): string => path.join(folder, COMPILED_FOLDER, name);
  const names = compiledFileNames(variant);
  return {
    layout: 'compiled',
    variant,
    encoderPath: file(names.encoder),
    encoderDataPath: file(names.encoderData),
    decoderPath: file(names.decoder),
    decoderDataPath: file(names.decoderData),
    alignmentPath: file(names.alignment),
    vocabularyPath: file(COMPILED_VOCABULARY),
  };
}

function manifestOf(folder: string): string {
  return path.join(folder, COMPILED_FOLDER, COMPILED_MANIFEST);
}

function checkFormat(folder: string): void {
  const file = manifestOf(folder);
  const format = (readJson(file) as { readonly format?: unknown } | null)?.format;
  if (format === COMPILED_FORMAT) return;
  throw new EngineError(
    'model_invalid',
    `${file} says format ${JSON.stringify(format)}, this server reads ${COMPILED_FORMAT}: compile its source anew (whisper-stt compile-model SOURCE OUT)`,
  );
}

/** @throws EngineError `model_invalid` */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch (error) {
    throw new EngineError('model_invalid', `cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
}
