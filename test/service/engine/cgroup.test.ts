import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { memoryLeft, resourceLimits, usableCpus } from '../../../service/src/engine/cgroup';

let root: string;
const write = (file: string, text: string): void => {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), `${text}\n`);
};
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'cgroup-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

describe('resourceLimits', () => {
  it('reads a container of cgroup v2, which sees its own group at the root', () => {
    write('proc/self/cgroup', '0::/');
    write('sys/fs/cgroup/cpu.max', '200000 100000');
    write('sys/fs/cgroup/memory.max', '734003200');
    expect(resourceLimits(root, 8)).toEqual({ cpuQuota: 2, affinityCpus: 8, memoryBytes: 734_003_200 });
  });

  it('takes the tightest limit of all ancestors', () => {
    write('proc/self/cgroup', '0::/kubepods/pod1/server');
    write('sys/fs/cgroup/kubepods/cpu.max', '700000 100000');
    write('sys/fs/cgroup/kubepods/pod1/cpu.max', '150000 100000');
    write('sys/fs/cgroup/kubepods/pod1/server/cpu.max', 'max 100000');
    write('sys/fs/cgroup/kubepods/pod1/server/memory.max', 'max');
    expect(resourceLimits(root, 8)).toEqual({ cpuQuota: 1.5, affinityCpus: 8, memoryBytes: undefined });
  });

  it('reads cgroup v1', () => {
    write('proc/self/cgroup', '4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n1:name=systemd:/');
    write('sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us', '400000');
    write('sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us', '100000');
    write('sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes', '1048576000');
    write('sys/fs/cgroup/memory/memory.limit_in_bytes', '9223372036854771712');
    expect(resourceLimits(root, 8)).toEqual({ cpuQuota: 4, affinityCpus: 8, memoryBytes: 1_048_576_000 });
  });

  it('reads a v1 container that sees the path of its host in /proc but its own group at the mount', () => {
    write('proc/self/cgroup', '4:memory:/kubepods/pod1/c1\n3:cpu:/kubepods/pod1/c1');
    write('sys/fs/cgroup/cpu/cpu.cfs_quota_us', '-1');
    write('sys/fs/cgroup/cpu/cpu.cfs_period_us', '100000');
    write('sys/fs/cgroup/memory/memory.limit_in_bytes', '734003200');
    expect(resourceLimits(root, 2)).toEqual({ cpuQuota: undefined, affinityCpus: 2, memoryBytes: 734_003_200 });
  });

  it('knows no limits where there are no groups', () => {
    expect(resourceLimits(root, 3)).toEqual({ cpuQuota: undefined, affinityCpus: 3, memoryBytes: undefined });
  });
});

describe('memoryLeft', () => {
  const MACHINE_FREE = 10_000;

  it('is what is free below the limit of the group, files counted in that give way', () => {
    write('proc/self/cgroup', '0::/');
    write('sys/fs/cgroup/memory.max', '1000');
    write('sys/fs/cgroup/memory.current', '700');
    write('sys/fs/cgroup/memory.stat', 'anon 500\nactive_file 80\ninactive_file 120\nslab 0');
    expect(memoryLeft(root, MACHINE_FREE)).toBe(420);
  });

  it('is the least of all ancestors', () => {
    write('proc/self/cgroup', '0::/pod/server');
    write('sys/fs/cgroup/pod/memory.max', '900');
    write('sys/fs/cgroup/pod/memory.current', '800');
    write('sys/fs/cgroup/pod/server/memory.max', '1000');
    write('sys/fs/cgroup/pod/server/memory.current', '700');
    expect(memoryLeft(root, MACHINE_FREE)).toBe(100);
  });

  it('reads cgroup v1', () => {
    write('proc/self/cgroup', '4:memory:/x');
    write('sys/fs/cgroup/memory/x/memory.limit_in_bytes', '1000');
    write('sys/fs/cgroup/memory/x/memory.usage_in_bytes', '700');
    write('sys/fs/cgroup/memory/x/memory.stat', 'inactive_file 5\ntotal_inactive_file 20');
    write('sys/fs/cgroup/memory/memory.limit_in_bytes', '9223372036854771712');
    write('sys/fs/cgroup/memory/memory.usage_in_bytes', '900000');
    expect(memoryLeft(root, MACHINE_FREE)).toBe(320);
  });

  it("is the machine's where nothing limits it, or that is less", () => {
    write('proc/self/cgroup', '0::/');
    write('sys/fs/cgroup/memory.max', 'max');
    write('sys/fs/cgroup/memory.current', '700');
    expect(memoryLeft(root, MACHINE_FREE)).toBe(MACHINE_FREE);
    write('sys/fs/cgroup/memory.max', '20000');
    expect(memoryLeft(root, MACHINE_FREE)).toBe(MACHINE_FREE);
  });
});

describe('usableCpus', () => {
  it.each([
    [{ cpuQuota: 2, affinityCpus: 64 }, 2],
    [{ cpuQuota: undefined, affinityCpus: 4 }, 4],
    [{ cpuQuota: 8, affinityCpus: 2 }, 2],
    [{ cpuQuota: 1.5, affinityCpus: 8 }, 1],
    [{ cpuQuota: 0.5, affinityCpus: 8 }, 1],
  ])('of %j are %i', (limits, cpus) => {
    expect(usableCpus({ ...limits, memoryBytes: undefined })).toBe(cpus);
  });
});
