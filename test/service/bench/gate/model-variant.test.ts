import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { VariantStore, variantsOf } from '../../../../service/bench/gate/model-variant';
import { COMPILED_VARIANTS } from '../../../../service/src/engine/compiled-variant';
import { compiledFileNames, openModelDirectory } from '../../../../service/src/engine/model-directory';

const VARIANTS = ['published fp32', 'compiled fp32', 'published int8', 'compiled int8', 'compiled int7'];
const FILES: Readonly<Record<string, string>> = {
  'published fp32': 'onnx/encoder_model.onnx',
  'published int8': 'onnx/encoder_model_quantized.onnx',
  'compiled fp32': 'compiled/encoder.fp32.onnx',
  'compiled int8': 'compiled/encoder.int8.onnx',
  'compiled int7': 'compiled/encoder.int7.onnx',
};

describe('the variants of a model', () => {
  let folder: string;
  const write = (name: string, content = '{}'): void => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  };
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'variants-'));
    for (const name of ['config.json', 'generation_config.json', 'tokenizer.json']) write(name);
    write('compiled/manifest.json', '{"format":4}');
    write('compiled/vocabulary.bin');
    for (const encoder of Object.values(FILES)) {
      write(encoder);
      write(encoder.replace('encoder_model', 'decoder_model_merged').replace('encoder.', 'decoder.'));
    }
    for (const variant of COMPILED_VARIANTS) {
      for (const name of Object.values(compiledFileNames(variant))) write(`compiled/${name}`);
    }
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('are those that it has files for, single precision first', () => {
    expect(variantsOf(folder, true).map(({ name }) => name)).toEqual(VARIANTS);
    rmSync(path.join(folder, 'onnx/decoder_model_merged.onnx'));
    rmSync(path.join(folder, 'compiled/encoder.int7.onnx'));
    expect(variantsOf(folder, true).map(({ name }) => name)).toEqual([
      'compiled fp32',
      'published int8',
      'compiled int8',
    ]);
  });

  it('are those without int8 on a processor whose sums overflow', () => {
    expect(variantsOf(folder, false).map(({ name }) => name)).toEqual(
      VARIANTS.filter((name) => name !== 'compiled int8'),
    );
  });

  it.each(VARIANTS)('are chosen by the server whatever the processor, where a store has nothing else: %s', (name) => {
    const variant = variantsOf(folder, true).find((each) => each.name === name)!;
    const store = VariantStore.of(folder, variant);
    try {
      const directory = openModelDirectory(store.path, store.model, variant.quantization);
      expect(directory.layout).toBe(name.split(' ')[0]);
      expect(realpathSync(directory.encoderPath)).toBe(realpathSync(path.join(folder, FILES[name]!)));
      if (variant.compiled === undefined) return;
      for (const weights of ['encoder', 'decoder']) {
        // What the graph asks for.
        const data = `compiled/${weights}.${variant.compiled}.onnx_data`;
        expect(realpathSync(path.join(directory.path, data))).toBe(realpathSync(path.join(folder, data)));
      }
    } finally {
      store.remove();
    }
  });
});
