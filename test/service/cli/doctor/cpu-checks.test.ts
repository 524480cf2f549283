import {
  judgeCpuFeatures,
  judgeCpuPinning,
  judgeCpuQuota,
  judgeCpuSiblings,
  judgeCpuThrottling,
  judgeThreadVariables,
} from '../../../../service/src/cli/doctor/checks/cpu-checks';
import type { CpuFacts, MachineFacts } from '../../../../service/src/cli/doctor/machine-facts';
import { readConfig } from '../../../../service/src/config';
import { POD, WORKSTATION } from './machine';

const withCpus = (machine: MachineFacts, cpus: Partial<CpuFacts>): MachineFacts => ({
  ...machine,
  cpus: { ...machine.cpus, ...cpus },
});
const withQuota = (cpuQuota: number | undefined, affinityCpus: number): MachineFacts => ({
  ...POD,
  limits: { ...POD.limits, cpuQuota, affinityCpus },
});

describe('the CPU quota', () => {
  it.each([
    [undefined, 2, 'ok', 'no quota, 2 CPUs by affinity', undefined],
    [2, 2, 'ok', '2 CPUs by quota, 2 by affinity', undefined],
    [0.5, 8, 'warning', '0.5 CPUs by quota, 8 by affinity', 'at least 1 CPU'],
    [1.5, 8, 'warning', '1.5 CPUs by quota, 8 by affinity', '1 thread will run, and the rest idles'],
    [2.5, 2, 'warning', '2.5 CPUs by quota, 2 by affinity', '2 threads will run'],
    [8, 2, 'warning', '8 CPUs by quota, 2 by affinity', 'cannot be used up'],
    [2, 8, 'warning', '2 CPUs by quota, 8 by affinity', 'stops them when the quota is used up'],
  ])('of %s on %i CPUs is %s', (quota, affinity, status, found, remedy) => {
    const finding = judgeCpuQuota(withQuota(quota, affinity));
    expect(finding).toMatchObject({ status, found });
    if (remedy === undefined) expect(finding.remedy).toBeUndefined();
    else expect(finding.remedy).toContain(remedy);
  });
});

describe('CPU throttling', () => {
  it.each([
    [undefined, 'ok', 'no quota'],
    [{ periods: 1000, throttled: 0 }, 'ok', 'in 0 of 1000 periods (0.0 %)'],
    [{ periods: 1000, throttled: 50 }, 'ok', 'in 50 of 1000 periods (5.0 %)'],
    [{ periods: 1000, throttled: 371 }, 'warning', 'in 371 of 1000 periods (37.1 %)'],
  ])('of %j is %s', (throttling, status, found) => {
    expect(judgeCpuThrottling({ ...POD, throttling })).toMatchObject({ status, found });
  });
});

describe('CPU pinning', () => {
  it('is seen in an affinity narrower than the machine', () => {
    expect(judgeCpuPinning(POD)).toEqual({
      status: 'ok',
      found: 'CPUs 2-3 of 0-7, cpuset not exclusive',
      wanted: 'CPUs that no other container may use',
    });
  });

  it('is missed in a pod that may run on every CPU of its node', () => {
    const shared = withCpus(POD, { allowed: [0, 1], online: [0, 1], isExclusive: undefined });
    expect(judgeCpuPinning(shared)).toMatchObject({ status: 'warning', found: 'CPUs 0-1 of 0-1' });
    expect(judgeCpuPinning(shared).remedy).toContain('--cpu-manager-policy=static');
  });

  it('is not missed on a machine of one’s own', () => {
    expect(judgeCpuPinning(WORKSTATION).status).toBe('ok');
  });

  it('is unknown where the kernel does not list CPUs', () => {
    expect(judgeCpuPinning(withCpus(POD, { allowed: [], online: [] }))).toMatchObject({
      status: 'ok',
      found: expect.stringContaining('unknown'),
    });
  });
});

describe('SMT siblings', () => {
  it('are fine where each CPU is a core', () => {
    expect(judgeCpuSiblings(POD)).toMatchObject({ status: 'ok', found: 'CPUs 2-3 on 2 physical cores' });
  });

  it('are found out where two CPUs are one core', () => {
    const finding = judgeCpuSiblings(
      withCpus(POD, {
        allowed: [2, 6],
        siblings: [
          [2, 6],
          [2, 6],
        ],
      }),
    );
    expect(finding).toMatchObject({ status: 'warning', found: 'CPUs 2,6 on 1 physical core' });
    expect(finding.remedy).toContain('full-pcpus-only');
  });

  it('are found out where others have the second thread of a core', () => {
    const finding = judgeCpuSiblings(
      withCpus(POD, {
        siblings: [
          [2, 6],
          [3, 7],
        ],
      }),
    );
    expect(finding).toMatchObject({ status: 'warning', found: expect.stringContaining('CPUs 6-7, belong to others') });
  });

  it('do no harm where there are cores enough for the threads', () => {
    const pairs = [
      [0, 1],
      [0, 1],
      [2, 3],
      [2, 3],
    ];
    const machine = withCpus(
      { ...POD, limits: { ...POD.limits, cpuQuota: 2, affinityCpus: 4 } },
      { allowed: [0, 1, 2, 3], siblings: pairs },
    );
    expect(judgeCpuSiblings(machine).status).toBe('ok');
  });

  it('are unknown where the kernel does not list them', () => {
    expect(judgeCpuSiblings(withCpus(POD, { siblings: [[], []] }))).toMatchObject({ status: 'ok' });
  });
});

describe('CPU features', () => {
  const int8 = readConfig({});
  const fp32 = readConfig({ STT_QUANTIZATION: 'fp32' });

  it.each([
    ['linux-x64', ['avx2', 'avx512_vnni'], 'ok', 'avx512_vnni'],
    ['linux-x64', ['avx2', 'avx_vnni'], 'ok', 'avx_vnni'],
    ['linux-x64', ['avx2', 'avx512f'], 'warning', 'none of them'],
    ['linux-arm64', ['asimd', 'asimddp'], 'ok', 'asimddp'],
    ['linux-arm64', ['asimd'], 'warning', 'none of them'],
    ['linux-x64', [], 'ok', 'unknown: this kernel does not say'],
  ])('of int8 on %s with %j are %s', (platform, features, status, found) => {
    const machine = withCpus({ ...POD, platform }, { features: new Set(features) });
    expect(judgeCpuFeatures(machine, int8)).toMatchObject({ status, found });
  });

  it.each([
    ['linux-x64', ['avx2'], 'ok'],
    ['linux-x64', ['sse4_2'], 'warning'],
    ['linux-arm64', ['asimd'], 'ok'],
  ])('of fp32 on %s with %j are %s', (platform, features, status) => {
    const machine = withCpus({ ...POD, platform }, { features: new Set(features) });
    expect(judgeCpuFeatures(machine, fp32)).toMatchObject({ status });
  });
});

describe('thread variables', () => {
  it('may be left out, and may say the CPUs', () => {
    expect(judgeThreadVariables(POD, readConfig({}))).toMatchObject({ status: 'ok', found: 'not set' });
    const same = readConfig({ OMP_NUM_THREADS: '2', MKL_NUM_THREADS: '2' });
    expect(judgeThreadVariables(POD, same)).toMatchObject({
      status: 'ok',
      found: 'OMP_NUM_THREADS=2, MKL_NUM_THREADS=2',
    });
  });

  it('that say something else are named', () => {
    const finding = judgeThreadVariables(POD, readConfig({ OMP_NUM_THREADS: '2', MKL_NUM_THREADS: '8' }));
    expect(finding.status).toBe('warning');
    expect(finding.remedy).toContain('correct MKL_NUM_THREADS, or');
  });
});
