import { ApiObject, Size } from 'cdk8s';
import { Cpu, Deployment } from 'cdk8s-plus-28';
import { Quantization, WhisperModel, type Sidecar, type WhisperSttServiceProps } from '../../lib';
import { manifestsOf } from '../../lib/policy';
import { failure, synthesize, testChart } from './synthesize';

describe('sizing', () => {
  test('one number gives requests, limits and threads', () => {
    const { deployment } = synthesize({ cpus: 6 });

    expect(deployment).toHaveProperty('spec.template.spec.containers[0].resources.requests.cpu', '6');
    expect(deployment).toHaveProperty('spec.template.spec.containers[0].resources.limits.cpu', '6');
    expect(deployment).toHaveProperty(
      'spec.template.spec.containers[0].env',
      expect.arrayContaining([
        { name: 'OMP_NUM_THREADS', value: '6' },
        { name: 'MKL_NUM_THREADS', value: '6' },
      ]),
    );
  });

  test('memory is written in mebibytes, whatever unit it was given in', () => {
    const { deployment } = synthesize({ memory: Size.gibibytes(1.5) });

    expect(deployment).toHaveProperty('spec.template.spec.containers[0].resources', {
      requests: { cpu: '2', memory: '1536Mi', 'ephemeral-storage': '64Mi' },
      limits: { cpu: '2', memory: '1536Mi', 'ephemeral-storage': '64Mi' },
    });
  });

  test.each<[string, WhisperSttServiceProps['model'], Quantization, number]>([
    ['700Mi, which is more than it takes', WhisperModel.TINY, Quantization.INT8, 700],
    ['1203Mi for 565Mi', WhisperModel.TINY_EN, Quantization.FP32, 1203],
    ['1049Mi for 493Mi', WhisperModel.BASE, Quantization.INT8, 1049],
    ['1907Mi for 896Mi', WhisperModel.BASE, Quantization.FP32, 1907],
    ['2192Mi for 1030Mi', WhisperModel.SMALL, Quantization.INT8, 2192],
    ['5243Mi for 2464Mi', WhisperModel.SMALL_EN, Quantization.FP32, 5243],
  ])('memory lets idle pods go back to the minimum: %s', (_, model, quantization, mebibytes) => {
    expect(memoryOf({ model, quantization })).toBe(`${mebibytes}Mi`);
    expect(synthesize({ model, quantization }).service.warnings.join()).not.toContain('idle-memory-assumed');
  });

  test('memory follows from the declared working set, and from the range and target of the autoscaler', () => {
    expect(memoryOf({ idleMemory: Size.mebibytes(328) })).toBe('700Mi');
    expect(memoryOf({ idleMemory: Size.mebibytes(340) })).toBe('724Mi');
    expect(memoryOf({ model: WhisperModel.custom('mine'), idleMemory: Size.mebibytes(340) })).toBe('724Mi');
    // One pod that is to be left needs a usage of at most 35 %.
    expect(memoryOf({ minReplicas: 1 })).toBe('778Mi');
    expect(memoryOf({ targetMemoryUtilizationPercent: 50 })).toBe('824Mi');
  });

  test('memory is what the model needs where no pod is to be removed, or its working set is not known', () => {
    const quantization = Quantization.FP32;

    expect(memoryOf({ quantization, minReplicas: 8 })).toBe('832Mi');
    expect(memoryOf({ model: WhisperModel.custom('mine', Size.mebibytes(900)) })).toBe('900Mi');
  });

  test('memory makes up for what sidecars hold, unless the autoscaler looks at the server alone', () => {
    const logs: Sidecar = { name: 'logs', image: 'logs:1', cpu: Cpu.millis(100), memory: Size.mebibytes(90) };
    const proxy: Sidecar = { ...logs, name: 'proxy', startsFirst: true };
    const both = { sidecars: [logs, proxy], kubernetesVersion: '1.30' };

    expect(memoryOf({ sidecars: [logs] })).toBe('700Mi');
    // A pod of 280 + 180 needs 979Mi: 46000 ÷ 979 is 46.99.
    expect(memoryOf(both)).toBe('799Mi');
    expect(memoryOf({ ...both, containerMetrics: true })).toBe('700Mi');
    // A declared working set is the whole pod's.
    expect(memoryOf({ ...both, idleMemory: Size.mebibytes(460) })).toBe('799Mi');
  });

  test('a range or target that is faulty is the only fault that is found', () => {
    const faults = (props: Partial<WhisperSttServiceProps>): string => failure(() => synthesize(props));

    expect(faults({ targetMemoryUtilizationPercent: 0 })).not.toContain('[memory');
    expect(faults({ minReplicas: Number.NaN })).not.toContain('[memory');
    expect(faults({ minReplicas: 9 })).toContain('[replica-range]');
    expect(faults({ idleMemory: Size.mebibytes(0.5) })).not.toContain('[memory');
  });

  test('disk is requested and limited to in mebibytes, which cdk8s-plus-28 refuses', () => {
    const resources = { ephemeralStorage: { limit: Size.mebibytes(100) } };
    const plain = new Deployment(testChart(), 'plain', { containers: [{ image: 'stt:1', resources }] });
    expect(failure(() => ApiObject.of(plain).toJson() as unknown)).toContain('whole number of gibibytes');

    const { deployment } = synthesize({ ephemeralStorage: Size.mebibytes(100) });

    for (const kind of ['requests', 'limits']) {
      expect(deployment).toHaveProperty(
        `spec.template.spec.containers[0].resources.${kind}.ephemeral-storage`,
        '100Mi',
      );
    }
  });

  test('disk is 64Mi, and the temporary files take half of it', () => {
    const { deployment } = synthesize();

    expect(deployment).toHaveProperty('spec.template.spec.containers[0].resources.limits.ephemeral-storage', '64Mi');
    expect(deployment).toHaveProperty('spec.template.spec.volumes[0].emptyDir.sizeLimit', '32Mi');
  });

  test('disk has to be more than the temporary files may take', () => {
    expect(failure(() => synthesize({ ephemeralStorage: Size.mebibytes(33) }))).toBe('');
    expect(failure(() => synthesize({ ephemeralStorage: Size.mebibytes(32) }))).toContain(
      '[ephemeral-storage-invalid] ephemeralStorage is "32Mi": it must be whole mebibytes of at least 33.',
    );
  });

  test.each([
    [1.5, '1 or 2'],
    [2.25, '2 or 3'],
    [0.5, '1 or more'],
    [0, '1 or more'],
    [-2, '1 or more'],
  ])('%d CPUs cannot be pinned', (cpus, instead) => {
    expect(failure(() => synthesize({ cpus }))).toContain(
      `[cpus-not-whole] cpus is ${cpus}: it must be a whole number of at least 1. The kubelet pins whole CPUs only. Give ${instead}.`,
    );
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%d is no number of CPUs', (cpus) => {
    expect(failure(() => synthesize({ cpus }))).toContain(`[cpus-not-whole] cpus is ${cpus}:`);
  });

  test.each([
    [Size.mebibytes(0), '0Mi'],
    [Size.mebibytes(700.5), '700.5Mi'],
    [Size.kibibytes(512), '0.5Mi'],
  ])('memory has to be whole mebibytes', (memory, got) => {
    expect(failure(() => synthesize({ memory }))).toContain(`[memory-invalid] memory is "${got}"`);
  });

  test('memory has room for what the server is told to take', () => {
    // The defaults were measured; twice as much audio is 2 × 900 s × 64 kB = 110Mi more than the model's 512Mi.
    expect(memoryOf({ env: { STT_MAX_AUDIO_SECONDS: '1800' } })).toBe('700Mi');
    expect(memoryOf({ env: { STT_MAX_AUDIO_SECONDS: '7200' } })).toBe('1282Mi');
    // Two bodies of 256 MiB instead of the 64 MiB that are always there.
    expect(memoryOf({ env: { STT_MAX_BODY_BYTES: String(2 ** 28) } })).toBe('960Mi');
    expect(
      failure(() => synthesize({ env: { STT_MAX_AUDIO_SECONDS: '7200' }, memory: Size.mebibytes(700) })),
    ).toContain(
      '[memory-below-model] memory is "700Mi": tiny in int8 needs 512Mi, and what \'env\' lets in 770Mi more, and the kernel',
    );
  });
});

function memoryOf(props: Partial<WhisperSttServiceProps>): unknown {
  const { service } = synthesize(props);
  const deployment = manifestsOf(service).find(({ kind }) => kind === 'Deployment');
  return deployment?.spec?.template?.spec?.containers?.[0]?.resources?.limits?.memory;
}
