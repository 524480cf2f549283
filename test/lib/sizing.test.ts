import { Size } from 'cdk8s';
import { failure, synthesize } from './synthesize';

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
      requests: { cpu: '2', memory: '1536Mi' },
      limits: { cpu: '2', memory: '1536Mi' },
    });
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
