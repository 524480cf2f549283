import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * What the kernel lets this process use. Reads cgroup v2, v1 and hybrid hierarchies; a limit may stand on any ancestor
 * of the process's group, so all of them are asked and the tightest counts.
 */
export interface ResourceLimits {
  /** CPUs of the CFS quota (may be a fraction), or undefined without a quota. */
  readonly cpuQuota: number | undefined;
  /** CPUs in the affinity mask (`cpuset`, `taskset`). */
  readonly affinityCpus: number;
  /** Memory limit in bytes, or undefined without a limit. */
  readonly memoryBytes: number | undefined;
}

/** v1 writes "no limit" as the largest multiple of the page size. */
const NO_LIMIT_BYTES = 2 ** 60;

/** @param root where `/proc` and `/sys` lie; another than `/` in tests only. */
export function resourceLimits(root = '/', affinityCpus = os.availableParallelism()): ResourceLimits {
  const groups = ownGroups(root);
  const quotas: number[] = [];
  const memories: number[] = [];
  for (const directory of groups.cpu) {
    const quota = readNumber(path.join(directory, 'cpu.cfs_quota_us'));
    const period = readNumber(path.join(directory, 'cpu.cfs_period_us'));
    if (quota !== undefined && quota > 0 && period) quotas.push(quota / period);
  }
  for (const directory of groups.memory) {
    const limit = readNumber(path.join(directory, 'memory.limit_in_bytes'));
    if (limit !== undefined && limit < NO_LIMIT_BYTES) memories.push(limit);
  }
  for (const directory of groups.unified) {
    const [quota, period] = (readText(path.join(directory, 'cpu.max')) ?? '').split(' ');
    if (quota && quota !== 'max' && Number(period) > 0) quotas.push(Number(quota) / Number(period));
    const limit = readNumber(path.join(directory, 'memory.max'));
    if (limit !== undefined) memories.push(limit);
  }
  return {
    cpuQuota: quotas.length > 0 ? Math.min(...quotas) : undefined,
    affinityCpus,
    memoryBytes: memories.length > 0 ? Math.min(...memories) : undefined,
  };
}

/**
 * Threads that may run at once. ONNX Runtime would count the host's cores instead, and more threads than CPUs make an
 * encode many times slower: a quota of 1.5 CPUs gets one thread.
 */
export function usableCpus({ cpuQuota, affinityCpus }: ResourceLimits): number {
  return Math.max(1, Math.min(affinityCpus, Math.floor(cpuQuota ?? affinityCpus)));
}

/**
 * Memory that this process and its children can still take, in bytes: below the limit of each group, and of the machine.
 * Files that the kernel keeps in memory and nobody has mapped lately give way.
 *
 * @param root as of {@link resourceLimits}
 */
export function memoryLeft(root = '/', machineFreeBytes = os.freemem()): number {
  const groups = ownGroups(root);
  const left = [machineFreeBytes];
  for (const directory of groups.memory) {
    const limit = readNumber(path.join(directory, 'memory.limit_in_bytes'));
    const used = readNumber(path.join(directory, 'memory.usage_in_bytes'));
    if (limit !== undefined && limit < NO_LIMIT_BYTES && used !== undefined) {
      left.push(limit - used + inactiveFileBytes(directory, 'total_inactive_file'));
    }
  }
  for (const directory of groups.unified) {
    const limit = readNumber(path.join(directory, 'memory.max'));
    const used = readNumber(path.join(directory, 'memory.current'));
    if (limit !== undefined && used !== undefined)
      left.push(limit - used + inactiveFileBytes(directory, 'inactive_file'));
  }
  return Math.min(...left);
}

/** What the kubelet does not count either. */
function inactiveFileBytes(directory: string, key: string): number {
  const line = (readText(path.join(directory, 'memory.stat')) ?? '')
    .split('\n')
    .find((each) => each.startsWith(`${key} `));
  return Number(line?.split(' ')[1] ?? 0);
}

interface OwnGroups {
  readonly cpu: string[];
  readonly cpuset: string[];
  readonly memory: string[];
  readonly unified: string[];
}

/** The folders of this process's groups and of their ancestors, the outermost first. */
export function ownGroups(root: string): OwnGroups {
  const mount = path.join(root, 'sys/fs/cgroup');
  const groups: OwnGroups = { cpu: [], cpuset: [], memory: [], unified: [] };
  for (const line of (readText(path.join(root, 'proc/self/cgroup')) ?? '').split('\n')) {
    const match = /^(\d+):([^:]*):(.*)$/.exec(line);
    if (!match) continue;
    const [, id, controllers, group] = match;
    if (id === '0' && controllers === '') {
      groups.unified.push(...lineage(mount, group!), ...lineage(path.join(mount, 'unified'), group!));
    }
    for (const controller of controllers!.split(',')) {
      if (controller === 'cpu') groups.cpu.push(...lineage(path.join(mount, 'cpu'), group!));
      if (controller === 'cpuset') groups.cpuset.push(...lineage(path.join(mount, 'cpuset'), group!));
      if (controller === 'memory') groups.memory.push(...lineage(path.join(mount, 'memory'), group!));
    }
  }
  return groups;
}

/**
 * A container without a cgroup namespace sees the host's path in /proc, yet its own group at the mount's root: folders
 * that are not there are simply not readable.
 */
function lineage(mount: string, group: string): string[] {
  const parts = group.split('/').filter((part) => part && part !== '..');
  return Array.from({ length: parts.length + 1 }, (_, depth) => path.join(mount, ...parts.slice(0, depth)));
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function readNumber(file: string): number | undefined {
  const text = readText(file);
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}
