import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openModelDirectory } from '../../../service/src/engine/model-directory';
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
});
