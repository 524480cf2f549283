import { ApiObject, Size } from 'cdk8s';
import { Deployment } from 'cdk8s-plus-28';
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
    expect(failure(() => synthesize({ cpus }))).toContain(`[cpus-not-whole] cpus is "${cpus}"`);
  });

  test.each([
    [Size.mebibytes(0), '0Mi'],
    [Size.mebibytes(700.5), '700.5Mi'],
    [Size.kibibytes(512), '0.5Mi'],
  ])('memory has to be whole mebibytes', (memory, got) => {
    expect(failure(() => synthesize({ memory }))).toContain(`[memory-invalid] memory is "${got}"`);
  });
});
