import { Quantization, WhisperModel } from '../../lib';
import { DEFAULTS, QUANTIZATIONS } from '../../lib/contract';
import { failure, synthesize } from './synthesize';

describe('the model', () => {
  test('is Whisper tiny in int8, from the store that the image carries', () => {
    expect(synthesize().deployment).toHaveProperty(
      'spec.template.spec.containers[0].env',
      expect.arrayContaining([
        { name: 'STT_MODEL', value: 'tiny' },
        { name: 'STT_MODEL_STORE', value: '/models' },
        { name: 'STT_QUANTIZATION', value: 'int8' },
      ]),
    );
  });

  test('can be any folder of the store, in any precision', () => {
    const { deployment } = synthesize({ model: WhisperModel.custom('base.en'), quantization: Quantization.FP32 });

    expect(deployment).toHaveProperty(
      'spec.template.spec.containers[0].env',
      expect.arrayContaining([
        { name: 'STT_MODEL', value: 'base.en' },
        { name: 'STT_QUANTIZATION', value: 'fp32' },
      ]),
    );
  });

  test.each(['', '..', '../secrets', 'a/b', '/models/tiny', 'tiny '])('cannot lie at %j', (folder) => {
    expect(failure(() => synthesize({ model: WhisperModel.custom(folder) }))).toContain(
      `[model-invalid] model is ${JSON.stringify(folder)}`,
    );
  });

  test('precisions are those of the server, with the same default', () => {
    expect(Object.values(Quantization)).toEqual([...QUANTIZATIONS]);
    expect(Quantization.INT8).toBe(DEFAULTS.quantization);
  });
});
