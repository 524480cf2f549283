import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { CompiledVariant } from '../engine/compiled-variant';
import { EngineError } from '../engine/engine-error';
import {
  COMPILED_FOLDER,
  COMPILED_FORMAT,
  COMPILED_MANIFEST,
  COMPILED_VOCABULARY,
  compiledFileNames,
  readJson,
} from '../engine/model-directory';
import { tokenTableFile, tokenTableFromTokenizer } from '../engine/token-table';
import { checksumFaults, writeModelChecksums } from '../engine/model-integrity';
import { modelShapeOf, type ModelShape } from '../engine/model-shape';
import { VERSION } from '../version';
import { alignmentGraph } from './alignment-graph';
import { checkWeights } from './check-weights';
import { decoderGraph } from './decoder-graph';
import { encoderGraph } from './encoder-graph';
import { FloatWindow, Int8Window, type HeardWindow } from './heard-window';
import { BlockInt8Layers, ChannelInt8Layers, FloatLayers, type LinearLayers } from './linear-layers';
import { onnxWeights } from './onnx-weights';
import type { GraphBuilder } from './onnx/graph-builder';
import { safetensorsWeights } from './safetensors-weights';
import type { WhisperWeights } from './whisper-weights';

/** What a model must have sums of that has any, as far as it has these files. */
const TEXTS = ['config.json', 'generation_config.json', 'tokenizer.json'];
const [SAFETENSORS, ENCODER, DECODER] = [
  'model.safetensors',
  'onnx/encoder_model.onnx',
  'onnx/decoder_model_merged.onnx',
];
const WEIGHTS = [SAFETENSORS, ENCODER, DECODER];

/** Weights of 7 bits (compiled-variant.ts). */
const LARGEST_OF_7_BITS = 63;

/** What a compiled model was made of, and what it consists of; SHA-256 by file name. */
export interface CompiledManifest {
  /** COMPILED_FORMAT */
  readonly format: number;
  /** Version of whisper-stt that wrote it. */
  readonly compiler: string;
  readonly source: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Writes a Whisper model in the layout that this server is fastest with.
 *
 * The same source gives the same bytes. What was there before is replaced when the new one is whole; what an interruption
 * leaves behind, the next run takes away.
 *
 * @param source a folder as Hugging Face publishes it: config.json, tokenizer, and either `model.safetensors` or the ONNX
 * files in single precision (`onnx/encoder_model.onnx`, `onnx/decoder_model_merged.onnx`)
 * @param out a folder; it may be `source` itself. What is not weights is copied there.
 * @param onFile told the name and bytes of each file that is written
 * @throws EngineError `model_invalid`; `model_corrupt` where the source's own checksums say otherwise
 */
export async function compileModel(
  source: string,
  out: string,
  variants: readonly CompiledVariant[],
  onFile: (name: string, bytes: number) => void = () => undefined,
): Promise<CompiledManifest> {
  const compiled = path.join(out, COMPILED_FOLDER);
  const partial = `${compiled}.partial`;
  const replaced = `${compiled}.replaced`;
  const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });
  // An interruption between the two renames below.
  if (existsSync(replaced) && !existsSync(compiled)) await rename(replaced, compiled);

  const config = readJson(path.join(source, 'config.json'));
  const shape = modelShapeOf({ config, path: source });
  await checkSource(source);
  const { weights, hashes } = await readWeights(source, shape);
  await Promise.all([partial, replaced].map(remove));
  try {
    await mkdir(partial, { recursive: true });
    const files: Record<string, string> = {};
    for (const [name, bytes] of compiledFiles(source, weights, variants)) {
      await writeFile(path.join(partial, name), bytes);
      files[name] = sha256(bytes);
      onFile(name, bytes.length);
    }
    const manifest: CompiledManifest = { format: COMPILED_FORMAT, compiler: VERSION, source: hashes, files };
    await writeFile(path.join(partial, COMPILED_MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`);

    if (path.resolve(source) !== path.resolve(out)) await copyTexts(source, out);
    // A folder cannot be put in another's place in one step: two renames are as close as it gets.
    if (existsSync(compiled)) await rename(compiled, replaced);
    await rename(partial, compiled);
    await remove(replaced);
    await writeModelChecksums(out);
    return manifest;
  } catch (error) {
    await remove(partial);
    if (existsSync(replaced) && !existsSync(compiled)) await rename(replaced, compiled);
    throw error;
  }
}

/** Made one after the other: the weights of each are as large as the model. */
function* compiledFiles(
  source: string,
  weights: WhisperWeights,
  variants: readonly CompiledVariant[],
): Generator<readonly [name: string, bytes: Uint8Array], void, undefined> {
  // What may be wrong with it shows before the graphs are made.
  yield [COMPILED_VOCABULARY, tokenTableFile(tokenTableFromTokenizer(source))];
  for (const variant of variants) {
    const { encoder, decoder } = layersOf(variant);
    const window = (): HeardWindow => (variant === 'fp32' ? new FloatWindow() : new Int8Window());
    // Which layers tell the times of words is generation_config.json's to say, and a query is small.
    const queryLayers = weights.decoder.layers.map((_, i) => i);
    const names = compiledFileNames(variant);
    yield* inTwoFiles(encoderGraph(weights, encoder(), window()), names.encoder, names.encoderData);
    yield* inTwoFiles(decoderGraph(weights, decoder(), window(), queryLayers), names.decoder, names.decoderData);
    yield [names.alignment, alignmentGraph(weights, window()).build(VERSION)];
  }
}

function* inTwoFiles(builder: GraphBuilder, name: string, dataName: string): Generator<readonly [string, Uint8Array]> {
  const { graph, data } = builder.buildInTwoFiles(VERSION, dataName);
  yield [name, graph];
  yield [dataName, data];
}

function layersOf(variant: CompiledVariant): { encoder: () => LinearLayers; decoder: () => LinearLayers } {
  switch (variant) {
    case 'int8':
      return { encoder: () => new ChannelInt8Layers(), decoder: () => new BlockInt8Layers() };
    case 'int7':
      return {
        encoder: () => new ChannelInt8Layers(LARGEST_OF_7_BITS),
        decoder: () => new ChannelInt8Layers(LARGEST_OF_7_BITS),
      };
    case 'fp32':
      return { encoder: () => new FloatLayers(), decoder: () => new FloatLayers() };
  }
}

/**
 * New checksums are written for all files of the folder: they must not vouch for what the old ones did not. What was
 * compiled before is not read, and is replaced.
 *
 * @throws EngineError `model_corrupt`
 */
async function checkSource(source: string): Promise<void> {
  const isRead = (name: string): boolean => !name.startsWith(`${COMPILED_FOLDER}${path.sep}`);
  const faults = await checksumFaults(source, isRead, [...TEXTS, ...WEIGHTS]);
  if (faults.length === 0) return;
  throw new EngineError(
    'model_corrupt',
    `${source} is not what its SHA256SUMS says: ${faults.join('; ')}. Copy the model anew.`,
  );
}

async function readWeights(
  source: string,
  shape: ModelShape,
): Promise<{ readonly weights: WhisperWeights; readonly hashes: Readonly<Record<string, string>> }> {
  const hashes: Record<string, string> = {};
  const read = async (name: string): Promise<Uint8Array> => {
    const bytes = await readFile(path.join(source, name));
    hashes[name] = sha256(bytes);
    return bytes;
  };
  const has = (name: string): boolean => existsSync(path.join(source, name));
  try {
    const weights = has(SAFETENSORS)
      ? safetensorsWeights(shape, await read(SAFETENSORS))
      : has(ENCODER) && has(DECODER)
        ? onnxWeights(shape, await read(ENCODER), await read(DECODER))
        : undefined;
    if (weights) {
      checkWeights(weights);
      return { weights, hashes };
    }
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError(
      'model_invalid',
      `the weights in ${source} are not those of a Whisper model as published: ${(error as Error).message}`,
      { cause: error },
    );
  }
  throw new EngineError(
    'model_invalid',
    `${source} has no weights in single precision: expected ${SAFETENSORS}, or ${ENCODER} and ${DECODER}`,
  );
}

/** Configuration and tokenizer. */
async function copyTexts(source: string, out: string): Promise<void> {
  const entries = await readdir(source, { withFileTypes: true });
  const texts = entries.filter((entry) => !entry.isDirectory() && /\.(?:json|txt|md)$/.test(entry.name));
  await Promise.all(texts.map(({ name }) => copyFile(path.join(source, name), path.join(out, name))));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
