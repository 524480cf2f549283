import { Size } from 'cdk8s';
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
    const { deployment } = synthesize({ model: WhisperModel.custom('medical.v2'), quantization: Quantization.FP32 });

    expect(deployment).toHaveProperty(
      'spec.template.spec.containers[0].env',
      expect.arrayContaining([
        { name: 'STT_MODEL', value: 'medical.v2' },
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

describe('the sizes of Whisper', () => {
  const MEMORY = 'spec.template.spec.containers[0].resources.limits.memory';

  test.each([
    [WhisperModel.TINY, 'tiny', 512, 832],
    [WhisperModel.TINY_EN, 'tiny.en', 512, 832],
    [WhisperModel.BASE, 'base', 704, 1280],
    [WhisperModel.BASE_EN, 'base.en', 704, 1280],
    [WhisperModel.SMALL, 'small', 1472, 3520],
    [WhisperModel.SMALL_EN, 'small.en', 1472, 3520],
  ])('%j lies in %s and needs %dMi in int8, %dMi in fp32', (model, folder, int8, fp32) => {
    expect(model.folder).toBe(folder);
    expect(model.memoryNeed(Quantization.INT8)?.toMebibytes()).toBe(int8);
    expect(model.memoryNeed(Quantization.FP32)?.toMebibytes()).toBe(fp32);
  });

  test('get the memory that they need where nobody says how much, and never less than 700Mi', () => {
    // What an idle pod keeps is not the question here.
    const idleMemory = Size.mebibytes(1);

    expect(synthesize().deployment).toHaveProperty(MEMORY, '700Mi');
    expect(synthesize({ model: WhisperModel.SMALL, idleMemory }).deployment).toHaveProperty(MEMORY, '1472Mi');
    expect(synthesize({ quantization: Quantization.FP32, idleMemory }).deployment).toHaveProperty(MEMORY, '832Mi');
  });

  test('do not fit into less', () => {
    expect(failure(() => synthesize({ model: WhisperModel.BASE, memory: Size.mebibytes(700) }))).toContain(
      '[memory-below-model] memory is "700Mi": base in int8 needs 704Mi, and the kernel would kill it. Leave ' +
        "'memory' out, give Size.mebibytes(1049) or more (with which the autoscaler comes back, too), or choose a " +
        'smaller model.',
    );
  });

  test('of a custom model are what it says, and unchecked where it says nothing', () => {
    const memory = Size.mebibytes(500);
    const idleMemory = Size.mebibytes(1);

    expect(failure(() => synthesize({ model: WhisperModel.custom('mine'), memory, idleMemory }))).toBe('');
    expect(failure(() => synthesize({ model: WhisperModel.custom('mine', Size.mebibytes(501)), memory }))).toContain(
      '[memory-below-model] memory is "500Mi": mine in int8 needs 501Mi',
    );
  });

  test('of a custom model have to be whole mebibytes', () => {
    expect(failure(() => synthesize({ model: WhisperModel.custom('mine', Size.kibibytes(1)) }))).toContain(
      '[model-memory-invalid] memoryNeed of model is "0.0009765625Mi": it must be whole mebibytes of at least 1.',
    );
  });

  test('warn where their need is an estimate', () => {
    const warnings = (props: Parameters<typeof synthesize>[0]): string =>
      synthesize({ idleMemory: Size.mebibytes(1), ...props }).service.warnings.join('\n');

    expect(warnings({ model: WhisperModel.BASE })).toContain(
      '[model-memory-estimated] model is base in int8: that it needs 704Mi is an estimate from its number of parameters.',
    );
    expect(warnings({})).not.toContain('model-memory-estimated');
    expect(warnings({ model: WhisperModel.custom('base', Size.mebibytes(704)) })).not.toContain(
      'model-memory-estimated',
    );
  });

  test('warn where the CPUs are few for them', () => {
    const warnings = (cpus: number): string =>
      synthesize({ idleMemory: Size.mebibytes(1), model: WhisperModel.SMALL, cpus }).service.warnings.join('\n');

    expect(warnings(2)).toContain('[cpus-below-model] cpus is 2: small in int8 should have 4');
    expect(warnings(4)).not.toContain('cpus-below-model');
  });
});
