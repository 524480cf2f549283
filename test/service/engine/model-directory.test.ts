import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compiledVariantFor } from '../../../service/src/engine/compiled-variant';
import { hasInt8DotProducts } from '../../../service/src/engine/cpu-features';
import { compiledFileNames, openModelDirectory, type Quantization } from '../../../service/src/engine/model-directory';
import { failureOf } from '../../support/failure-of';
import { MODEL_STORE, NANO } from '../../support/nano';

describe('openModelDirectory', () => {
  let store: string;
  beforeEach(() => {
    store = mkdtempSync(path.join(os.tmpdir(), 'store-'));
  });
  afterEach(() => {
    rmSync(store, { recursive: true });
  });

  it.each([
    ['int8', 'encoder_model_quantized.onnx', 'decoder_model_merged_quantized.onnx'],
    ['fp32', 'encoder_model.onnx', 'decoder_model_merged.onnx'],
  ] as const)('finds the %s files of the embedded model by its short name', (quantization, encoder, decoder) => {
    const directory = openModelDirectory(MODEL_STORE, 'nano', quantization);
    expect(directory).toMatchObject({
      path: NANO,
      encoderPath: path.join(NANO, 'onnx', encoder),
      decoderPath: path.join(NANO, 'onnx', decoder),
    });
    expect(directory.weightBytes).toBeGreaterThan(1e6);
  });

  it('finds a model where transformers.js keeps what it downloads', () => {
    cpSync(NANO, path.join(store, 'onnx-community/whisper-tiny'), { recursive: true });
    for (const name of ['tiny', 'onnx-community/whisper-tiny']) {
      expect(openModelDirectory(store, name, 'int8').path).toBe(path.join(store, 'onnx-community/whisper-tiny'));
    }
  });

  it.each(['absent', '../whisper-nano', '/etc', '', 'a/b/c'])('knows no model %j', (name) => {
    expect(failureOf(() => openModelDirectory(MODEL_STORE, name, 'int8'))).toMatchObject({ code: 'model_not_found' });
  });

  it('names the file that a model lacks', () => {
    mkdirSync(path.join(store, 'whisper-tiny'));
    writeFileSync(path.join(store, 'whisper-tiny/config.json'), '{}');
    expect(failureOf(() => openModelDirectory(store, 'tiny', 'int8'))).toMatchObject({
      code: 'model_invalid',
      message: expect.stringContaining('onnx/encoder_model_quantized.onnx') as string,
    });
  });

  describe('of a model that was compiled', () => {
    const compiledFor8Bits = compiledVariantFor('int8', hasInt8DotProducts());
    const file = (name: string): string => path.join(store, 'whisper-tiny', name);
    const write = (name: string, content = '{}'): void => {
      mkdirSync(path.dirname(file(name)), { recursive: true });
      writeFileSync(file(name), content);
    };
    const open = (quantization: Quantization) => openModelDirectory(store, 'tiny', quantization);
    beforeEach(() => {
      for (const name of ['config.json', 'generation_config.json', 'tokenizer.json']) write(name);
      write('compiled/manifest.json', JSON.stringify({ format: 4 }));
      write('compiled/vocabulary.bin');
      for (const variant of [compiledFor8Bits, 'fp32'] as const) {
        for (const name of Object.values(compiledFileNames(variant))) write(`compiled/${name}`);
      }
    });
    const addPublished = (): void => {
      for (const suffix of ['', '_quantized']) {
        for (const graph of ['encoder_model', 'decoder_model_merged']) write(`onnx/${graph}${suffix}.onnx`);
      }
    };

    it.each([
      ['int8', compiledFor8Bits],
      ['fp32', 'fp32'],
    ] as const)(
      'takes the compiled files in %s for this processor, also beside the published ones',
      (quantization, variant) => {
        const expected = {
          layout: 'compiled',
          variant,
          quantization,
          encoderPath: file(`compiled/encoder.${variant}.onnx`),
          encoderDataPath: file(`compiled/encoder.${variant}.onnx_data`),
          decoderPath: file(`compiled/decoder.${variant}.onnx`),
          decoderDataPath: file(`compiled/decoder.${variant}.onnx_data`),
          alignmentPath: file(`compiled/alignment.${variant}.onnx`),
          vocabularyPath: file('compiled/vocabulary.bin'),
        };
        expect(open(quantization)).toMatchObject(expected);
        addPublished();
        expect(open(quantization)).toMatchObject(expected);
      },
    );

    it.each([...Object.values(compiledFileNames(compiledFor8Bits)), 'vocabulary.bin'])(
      'takes the published ones where %s is missing, and asks for it where they are too',
      (missing) => {
        rmSync(file(`compiled/${missing}`));
        expect(failureOf(() => open('int8'))).toMatchObject({
          code: 'model_invalid',
          message: expect.stringContaining(`no compiled/${missing}`) as string,
        });
        addPublished();
        expect(open('int8')).toMatchObject({
          layout: 'published',
          missingVariant: compiledFor8Bits,
          encoderPath: file('onnx/encoder_model_quantized.onnx'),
        });
        expect(open('fp32').layout).toBe(missing === 'vocabulary.bin' ? 'published' : 'compiled');
      },
    );

    it.each(['{"format":1}', '{}', 'null', 'not json'])('refuses graphs of another format: %s', (manifest) => {
      addPublished();
      write('compiled/manifest.json', manifest);
      expect(failureOf(() => open('int8'))).toMatchObject({ code: 'model_invalid' });
    });

    it.each([false, true])('says how to come to the format that it reads, whose files are others', (isPublished) => {
      if (isPublished) addPublished();
      write('compiled/manifest.json', '{"format":1}');
      rmSync(file(`compiled/encoder.${compiledFor8Bits}.onnx_data`));
      expect(failureOf(() => open('int8'))).toMatchObject({
        message: expect.stringMatching(
          /says format 1, this server reads 4: compile its source anew \(whisper-stt compile-model SOURCE OUT\)/,
        ) as string,
      });
    });
  });
});
