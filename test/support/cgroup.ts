import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const MOUNT = '/sys/fs/cgroup';

/** Limits of a container, as the kubelet sets them. */
export interface Limits {
  readonly memoryBytes: number;
  /** Whole CPUs; they are the first ones of the machine. */
  readonly cpus: number;
}

/** A control group of our own, for processes that are to run under a container's limits. */
export class ControlGroup {
  private constructor(private readonly directories: readonly string[]) {}

  /** Why limits cannot be set here, or undefined where they can. */
  static unavailable(): string | undefined {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'not root on Linux';
    const writable = (directory: string): boolean => {
      try {
        accessSync(directory, constants.W_OK);
        return true;
      } catch {
        return false;
      }
    };
    if (isUnified()) return writable(MOUNT) ? undefined : `${MOUNT} is not writable`;
    const missing = ['memory', 'cpuset'].find((controller) => !writable(path.join(MOUNT, controller)));
    return missing ? `no writable cgroup controller ${missing}` : undefined;
  }

  static create(name: string, { memoryBytes, cpus }: Limits): ControlGroup {
    const cpuList = cpus === 1 ? '0' : `0-${cpus - 1}`;
    if (isUnified()) {
      const directory = path.join(MOUNT, name);
      mkdirSync(directory);
      writeFileSync(path.join(directory, 'memory.max'), String(memoryBytes));
      writeFileSync(path.join(directory, 'cpuset.cpus'), cpuList);
      return new ControlGroup([directory]);
    }
    const memory = path.join(MOUNT, 'memory', name);
    const cpuset = path.join(MOUNT, 'cpuset', name);
    for (const directory of [memory, cpuset]) mkdirSync(directory);
    writeFileSync(path.join(memory, 'memory.limit_in_bytes'), String(memoryBytes));
    writeFileSync(
      path.join(cpuset, 'cpuset.mems'),
      readFileSync(path.join(MOUNT, 'cpuset/cpuset.mems'), 'utf8').trim() || '0',
    );
    writeFileSync(path.join(cpuset, 'cpuset.cpus'), cpuList);
    return new ControlGroup([memory, cpuset]);
  }

  /** A command that runs what follows it inside the group. */
  get wrap(): readonly string[] {
    const joins = this.directories.map((directory) => `echo $$ > ${directory}/cgroup.procs`).join(' && ');
    return ['sh', '-c', `${joins} && exec "$@"`, 'sh'];
  }

  /** Memory of the group that cannot be reclaimed: what the kubelet reports as the working set. */
  workingSetBytes(): number {
    const [directory] = this.directories;
    const usage = Number(
      readFileSync(path.join(directory!, isUnified() ? 'memory.current' : 'memory.usage_in_bytes'), 'utf8'),
    );
    const stat = readFileSync(path.join(directory!, 'memory.stat'), 'utf8');
    const inactiveFile = Number(/^(?:total_)?inactive_file (\d+)$/m.exec(stat)?.[1] ?? 0);
    return usage - inactiveFile;
  }

  /** Removes the group, as soon as its last process has ended. */
  async remove(): Promise<void> {
    for (const directory of this.directories) {
      while (readFileSync(path.join(directory, 'cgroup.procs'), 'utf8') !== '') await sleep(20);
      rmdirSync(directory);
    }
  }
}

function isUnified(): boolean {
  return existsSync(path.join(MOUNT, 'cgroup.controllers'));
}

/** CPUs of this machine that a group could get. */
export function onlineCpus(): number {
  return Number(spawnSync('nproc', { encoding: 'utf8' }).stdout);
}
