import { accessSync, constants, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownGroups, resourceLimits, type ResourceLimits } from '../../engine/cgroup';

/** What the kernel and Node.js say of the place that the server would run in. Undefined is what they do not say. */
export interface MachineFacts {
  /** Whether Kubernetes runs this: it tells every container where its API is. */
  readonly inPod: boolean;
  /** As `process.version` has it: `v24.1.0`. */
  readonly nodeVersion: string;
  /** `linux-x64`, `linux-arm64`, … */
  readonly platform: string;
  /** Of GNU's C library; undefined with another one. */
  readonly glibcVersion: string | undefined;
  readonly limits: ResourceLimits;
  readonly cpus: CpuFacts;
  /** Of the own group or an ancestor, whichever was stopped most often; undefined where no quota is kept. */
  readonly throttling: ThrottlingFacts | undefined;
  /** What the kernel could give before it swaps, in bytes. */
  readonly availableMemoryBytes: number | undefined;
  /** `always`, `madvise` or `never`. */
  readonly hugePages: string | undefined;
  /** Files and sockets that a process may have open; `Infinity` for no limit. */
  readonly openFiles: number | undefined;
  readonly clock: ClockFacts;
  readonly rootIsReadOnly: boolean | undefined;
  readonly temporaryFolder: string;
  readonly temporaryIsWritable: boolean;
}

export interface CpuFacts {
  /** CPUs in the affinity mask, by their numbers; empty where the kernel does not say. */
  readonly allowed: readonly number[];
  /** CPUs of the machine. */
  readonly online: readonly number[];
  /** For each CPU of `allowed`: the CPUs that are threads of the same core, itself among them. */
  readonly siblings: readonly (readonly number[])[];
  /** Whether the kernel keeps other groups off the CPUs: cgroup v1's `cpu_exclusive`, v2's partitions. */
  readonly isExclusive: boolean | undefined;
  /** Instruction sets, by the names in /proc/cpuinfo. */
  readonly features: ReadonlySet<string>;
}

/** What the CFS quota did since the group was made. */
export interface ThrottlingFacts {
  /** Of 100 ms by default, in which somebody wanted to run. */
  readonly periods: number;
  /** Those in which the quota ran out, and all threads were stopped until the next. */
  readonly throttled: number;
}

export interface ClockFacts {
  readonly now: Date;
  /** Between two looks: how far the clock of the day went, and how far the monotonic one, in milliseconds. */
  readonly wallMs: number;
  readonly monotonicMs: number;
  /** Where the kernel takes the time from: `tsc`, `kvm-clock`, `hpet`, … */
  readonly source: string | undefined;
}

/** Time between the two looks at the clocks. */
const CLOCK_INTERVAL_MS = 50;

/** @param root where `/proc` and `/sys` lie; another than `/` in tests only. */
export async function readMachineFacts(environment: NodeJS.ProcessEnv, root = '/'): Promise<MachineFacts> {
  const temporaryFolder = os.tmpdir();
  const meminfo = readText(root, 'proc/meminfo') ?? '';
  const openFiles = /^Max open files +(\S+)/m.exec(readText(root, 'proc/self/limits') ?? '')?.[1];
  const rootMount = /^\S+ \/ \S+ (\S+)/m.exec(readText(root, 'proc/self/mounts') ?? '')?.[1];
  const availableKib = /^MemAvailable: +(\d+) kB/m.exec(meminfo)?.[1];
  return {
    inPod: Boolean(environment.KUBERNETES_SERVICE_HOST),
    nodeVersion: process.version,
    platform: `${process.platform}-${process.arch}`,
    glibcVersion: glibcVersion(),
    limits: resourceLimits(root),
    cpus: readCpus(root),
    throttling: readThrottling(root),
    availableMemoryBytes: availableKib === undefined ? undefined : Number(availableKib) * 1024,
    hugePages: /\[(\w+)\]/.exec(readText(root, 'sys/kernel/mm/transparent_hugepage/enabled') ?? '')?.[1],
    openFiles: openFiles === undefined ? undefined : openFiles === 'unlimited' ? Infinity : Number(openFiles),
    clock: await readClock(root),
    rootIsReadOnly: rootMount?.split(',').includes('ro'),
    temporaryFolder,
    temporaryIsWritable: isWritable(temporaryFolder),
  };
}

function readCpus(root: string): CpuFacts {
  const allowed = cpuList(/^Cpus_allowed_list:\s*(\S+)/m.exec(readText(root, 'proc/self/status') ?? '')?.[1]);
  // x86 calls them flags, ARM Features.
  const features = /^(?:flags|Features)\s*: (.*)$/m.exec(readText(root, 'proc/cpuinfo') ?? '')?.[1] ?? '';
  return {
    allowed,
    online: cpuList(readText(root, 'sys/devices/system/cpu/online')),
    siblings: allowed.map((cpu) =>
      cpuList(readText(root, `sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`)),
    ),
    isExclusive: readExclusive(root),
    features: new Set(features.split(' ').filter(Boolean)),
  };
}

function readThrottling(root: string): ThrottlingFacts | undefined {
  const groups = ownGroups(root);
  const all = [...groups.unified, ...groups.cpu].flatMap((group) => {
    const stat = readText('', path.join(group, 'cpu.stat')) ?? '';
    const count = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0);
    const periods = count('nr_periods');
    return periods > 0 ? [{ periods, throttled: count('nr_throttled') }] : [];
  });
  return all.sort((a, b) => b.throttled - a.throttled)[0];
}

/** Of the process's own group, which is the innermost that can be seen. */
function readExclusive(root: string): boolean | undefined {
  const groups = ownGroups(root);
  const flag = groups.cpuset.map((group) => readText('', path.join(group, 'cpuset.cpu_exclusive'))).findLast(isDefined);
  if (flag !== undefined) return flag === '1';
  const partition = groups.unified
    .map((group) => readText('', path.join(group, 'cpuset.cpus.partition')))
    .findLast(isDefined);
  return partition === undefined ? undefined : ['root', 'isolated'].includes(partition);
}

/** `0-2,5` as the kernel writes it. */
function cpuList(text = ''): number[] {
  return text
    .split(',')
    .filter(Boolean)
    .flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number);
      return Array.from({ length: last! - first! + 1 }, (_, index) => first! + index);
    });
}

async function readClock(root: string): Promise<ClockFacts> {
  const [wall, monotonic] = [Date.now(), performance.now()];
  await sleep(CLOCK_INTERVAL_MS);
  const now = new Date();
  return {
    now,
    wallMs: now.getTime() - wall,
    monotonicMs: performance.now() - monotonic,
    source: readText(root, 'sys/devices/system/clocksource/clocksource0/current_clocksource'),
  };
}

function glibcVersion(): string | undefined {
  const { header } = process.report.getReport() as { readonly header?: { readonly glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function readText(root: string, file: string): string | undefined {
  try {
    return readFileSync(path.join(root, file), 'utf8').trim();
  } catch {
    return undefined;
  }
}

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined;
}
