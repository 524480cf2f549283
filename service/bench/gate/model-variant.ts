import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { COMPILED_VARIANTS, type CompiledVariant } from '../../src/engine/compiled-variant';
import { hasInt8DotProducts } from '../../src/engine/cpu-features';
import {
  COMPILED_FOLDER,
  COMPILED_MANIFEST,
  COMPILED_VOCABULARY,
  compiledFileNames,
  type Quantization,
} from '../../src/engine/model-directory';

/** One of the precisions that a model's folder has files for. */
export interface ModelVariant {
  /** `published fp32`, `compiled int8`. */
  readonly name: string;
  readonly quantization: Quantization;
  /** Undefined for the layout that Hugging Face publishes. */
  readonly compiled: CompiledVariant | undefined;
}

const PUBLISHED: readonly (ModelVariant & { readonly files: readonly string[] })[] = [
  {
    name: 'published fp32',
    quantization: 'fp32',
    compiled: undefined,
    files: ['onnx/encoder_model.onnx', 'onnx/decoder_model_merged.onnx'],
  },
  {
    name: 'published int8',
    quantization: 'int8',
    compiled: undefined,
    files: ['onnx/encoder_model_quantized.onnx', 'onnx/decoder_model_merged_quantized.onnx'],
  },
];

const COMPILED = COMPILED_VARIANTS.map((compiled) => ({
  name: `compiled ${compiled}`,
  quantization: compiled === 'fp32' ? ('fp32' as const) : ('int8' as const),
  compiled,
  files: Object.values(compiledFileNames(compiled)).map((name) => `${COMPILED_FOLDER}/${name}`),
}));

/**
 * The variants that a model's folder has files for, single precision first: what the others are held against.
 *
 * `compiled int8` is left out on a processor that its sums overflow on (compiled-variant.ts): no server would run it there.
 */
export function variantsOf(model: string, canRunInt8 = hasInt8DotProducts()): readonly ModelVariant[] {
  const found = [...PUBLISHED, ...COMPILED].filter(
    ({ files, compiled }) =>
      files.every((file) => existsSync(path.join(model, file))) && (compiled !== 'int8' || canRunInt8),
  );
  return [...found].sort((one, other) => Number(other.quantization === 'fp32') - Number(one.quantization === 'fp32'));
}

/**
 * A model store in which there is one variant of one model and nothing else, so that the server's own choice falls on it.
 * It holds links; the model stays where it is.
 */
export class VariantStore {
  private constructor(readonly path: string) {}

  /** The model's name in the store. */
  readonly model = 'model';

  static of(model: string, { compiled }: ModelVariant): VariantStore {
    const source = path.resolve(model);
    const store = new VariantStore(mkdtempSync(path.join(os.tmpdir(), 'variant-')));
    const folder = path.join(store.path, store.model);
    mkdirSync(folder);
    for (const entry of readdirSync(source, { withFileTypes: true })) {
      if (!entry.isDirectory() && entry.name !== 'SHA256SUMS') {
        symlinkSync(path.join(source, entry.name), path.join(folder, entry.name));
      }
    }
    if (compiled === undefined) {
      symlinkSync(path.join(source, 'onnx'), path.join(folder, 'onnx'));
      return store;
    }
    mkdirSync(path.join(folder, COMPILED_FOLDER));
    const link = (from: string, to: string): void => {
      symlinkSync(path.join(source, COMPILED_FOLDER, from), path.join(folder, COMPILED_FOLDER, to));
    };
    for (const file of [COMPILED_MANIFEST, COMPILED_VOCABULARY]) link(file, file);
    const wanted = compiledFileNames(compiled);
    // Whatever the processor would choose in 8 bits is the one that is wanted: its files are there by both names. By
    // their own, since graphs ask for their weights by it; by the other, since the server looks for all of a variant.
    for (const chosen of compiled === 'fp32' ? [compiled] : (['int8', 'int7'] as const)) {
      const names = compiledFileNames(chosen);
      for (const file of Object.keys(names) as (keyof typeof names)[]) link(wanted[file], names[file]);
    }
    return store;
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
