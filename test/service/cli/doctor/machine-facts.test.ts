import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readMachineFacts } from '../../../../service/src/cli/doctor/machine-facts';

describe('readMachineFacts', () => {
  let root: string;
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), `${text}\n`);
  };
  beforeEach(() => {
    root = mkdtempSync(path.join(os.tmpdir(), 'machine-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it('reads a pinned container of cgroup v2', async () => {
    write('proc/self/cgroup', '0::/');
    write('sys/fs/cgroup/cpu.max', '200000 100000');
    write('sys/fs/cgroup/memory.max', '734003200');
    write('sys/fs/cgroup/cpuset.cpus.partition', 'isolated');
    write('proc/self/status', 'Name:\tnode\nCpus_allowed:\t44\nCpus_allowed_list:\t2,6\nMems_allowed_list:\t0');
    write('sys/devices/system/cpu/online', '0-7');
    for (const cpu of [2, 6]) write(`sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`, '2,6');
    write('proc/cpuinfo', 'processor\t: 0\nflags\t\t: fpu avx2 avx512_vnni\n\nprocessor\t: 1\nflags\t\t: fpu');
    write('proc/meminfo', 'MemTotal:       8000000 kB\nMemAvailable:   4000000 kB');
    write('sys/kernel/mm/transparent_hugepage/enabled', 'always [madvise] never');
    write(
      'proc/self/limits',
      'Max cpu time   unlimited  unlimited  seconds\nMax open files    1024     524288    files',
    );
    write('proc/self/mounts', 'proc /proc proc rw 0 0\noverlay / overlay ro,relatime,lowerdir=/a 0 0');
    write('sys/devices/system/clocksource/clocksource0/current_clocksource', 'kvm-clock');
    const facts = await readMachineFacts({ KUBERNETES_SERVICE_HOST: '10.0.0.1' }, root);
    expect(facts).toMatchObject({
      inPod: true,
      nodeVersion: process.version,
      limits: { cpuQuota: 2, memoryBytes: 734_003_200 },
      cpus: {
        allowed: [2, 6],
        online: [0, 1, 2, 3, 4, 5, 6, 7],
        siblings: [
          [2, 6],
          [2, 6],
        ],
        isExclusive: true,
        features: new Set(['fpu', 'avx2', 'avx512_vnni']),
      },
      availableMemoryBytes: 4_096_000_000,
      hugePages: 'madvise',
      openFiles: 1024,
      rootIsReadOnly: true,
      clock: { source: 'kvm-clock' },
    });
  });

  it.each([
    ['1', true],
    ['0', false],
  ])('reads cpu_exclusive %s of the innermost group of cgroup v1', async (flag, isExclusive) => {
    write('proc/self/cgroup', '5:cpuset:/kubepods/pod1\n4:memory:/kubepods/pod1\n0::/');
    write('sys/fs/cgroup/cpuset/cpuset.cpu_exclusive', flag === '1' ? '0' : '1');
    write('sys/fs/cgroup/cpuset/kubepods/pod1/cpuset.cpu_exclusive', flag);
    write('sys/fs/cgroup/memory/kubepods/pod1/memory.limit_in_bytes', '734003200');
    const { cpus, limits } = await readMachineFacts({}, root);
    expect([cpus.isExclusive, limits.memoryBytes]).toEqual([isExclusive, 734_003_200]);
  });

  it('reads a hybrid hierarchy, whose controllers are split between the versions', async () => {
    write('proc/self/cgroup', '3:cpuset:/a\n0::/b');
    write('sys/fs/cgroup/cpuset/a/cpuset.cpu_exclusive', '0');
    write('sys/fs/cgroup/unified/b/memory.max', '1048576000');
    write('sys/fs/cgroup/unified/b/cpuset.cpus.partition', 'root');
    const { cpus, limits } = await readMachineFacts({}, root);
    expect([cpus.isExclusive, limits.memoryBytes]).toEqual([false, 1_048_576_000]);
  });

  it('reads a partition of cgroup v2 that is a mere member', async () => {
    write('proc/self/cgroup', '0::/kubepods/pod1');
    write('sys/fs/cgroup/kubepods/cpuset.cpus.partition', 'root');
    write('sys/fs/cgroup/kubepods/pod1/cpuset.cpus.partition', 'member');
    expect((await readMachineFacts({}, root)).cpus.isExclusive).toBe(false);
  });

  it('reads how often the quota ran out, of the group that suffered most', async () => {
    write('proc/self/cgroup', '0::/kubepods/pod1');
    write('sys/fs/cgroup/cpu.stat', 'usage_usec 9\nnr_periods 0\nnr_throttled 0');
    write('sys/fs/cgroup/kubepods/cpu.stat', 'usage_usec 9\nnr_periods 900\nnr_throttled 300\nthrottled_usec 5');
    write('sys/fs/cgroup/kubepods/pod1/cpu.stat', 'usage_usec 9\nnr_periods 500\nnr_throttled 20');
    expect((await readMachineFacts({}, root)).throttling).toEqual({ periods: 900, throttled: 300 });
    write('proc/self/cgroup', '3:cpu,cpuacct:/a');
    write('sys/fs/cgroup/cpu/a/cpu.stat', 'nr_periods 10\nnr_throttled 1\nthrottled_time 7');
    expect((await readMachineFacts({}, root)).throttling).toEqual({ periods: 10, throttled: 1 });
  });

  it('reads the features of an ARM, and a limit of files that is none', async () => {
    write('proc/cpuinfo', 'processor\t: 0\nFeatures\t: fp asimd asimddp');
    write('proc/self/limits', 'Max open files            unlimited            unlimited            files');
    const { cpus, openFiles } = await readMachineFacts({}, root);
    expect([[...cpus.features], openFiles]).toEqual([['fp', 'asimd', 'asimddp'], Infinity]);
  });

  it('says of nothing that is not there', async () => {
    expect(await readMachineFacts({}, root)).toMatchObject({
      inPod: false,
      cpus: { allowed: [], online: [], siblings: [], isExclusive: undefined, features: new Set() },
      throttling: undefined,
      availableMemoryBytes: undefined,
      hugePages: undefined,
      openFiles: undefined,
      rootIsReadOnly: undefined,
      clock: { source: undefined },
    });
  });

  it('looks at the clocks twice', async () => {
    const { clock } = await readMachineFacts({}, root);
    expect(clock.monotonicMs).toBeGreaterThan(40);
    expect(Math.abs(clock.now.getTime() - Date.now())).toBeLessThan(10_000);
  });
});
