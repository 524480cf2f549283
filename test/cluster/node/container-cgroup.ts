import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const MOUNT = '/sys/fs/cgroup';
const UNIFIED = existsSync(path.join(MOUNT, 'cgroup.controllers'));

/** A container on this machine, seen from outside: its cgroup and its processes. */
export class ContainerCgroup {
  /** @param containerId as the pod's status has it: `containerd://…` */
  constructor(
    private readonly podUid: string,
    private readonly containerId: string,
  ) {}

  /** CPUs that the container may run on, one by one. */
  cpus(): number[] {
    return cpuNumbers(this.read('cpuset', 'cpuset.cpus', 'cpuset.cpus.effective'));
  }

  /** CFS quota in microseconds a period; undefined: none. */
  cpuQuotaMicroseconds(): number | undefined {
    const quota = Number.parseInt(this.read('cpu', 'cpu.cfs_quota_us', 'cpu.max'), 10);
    return Number.isNaN(quota) || quota < 0 ? undefined : quota;
  }

  /** How often the scheduler held the container back for want of quota. */
  throttledPeriods(): number {
    return Number(/^nr_throttled (\d+)$/m.exec(this.read('cpu', 'cpu.stat', 'cpu.stat'))?.[1] ?? 0);
  }

  memoryLimitBytes(): number {
    return Number(this.read('memory', 'memory.limit_in_bytes', 'memory.max'));
  }

  /** The container's first process, as this machine numbers it. */
  serverPid(): number {
    return this.pids().find((pid) => !this.isEngine(pid))!;
  }

  enginePid(): number | undefined {
    return this.pids().find((pid) => this.isEngine(pid));
  }

  /**
   * Starts a process of ours in the container's memory cgroup that takes all that the limit leaves, until the kernel
   * ends a process there.
   */
  eatMemory(): ChildProcess {
    const eat = 'const kept = []; setInterval(() => kept.push(Buffer.alloc(16 << 20, 1)), 5)';
    const procs = path.join(this.folder('memory'), 'cgroup.procs');
    return spawn('sh', ['-c', `echo $$ > ${procs} && exec "$0" -e '${eat}'`, process.execPath], { stdio: 'ignore' });
  }

  private pids(): number[] {
    return this.read('memory', 'cgroup.procs', 'cgroup.procs').split('\n').filter(Boolean).map(Number);
  }

  private isEngine(pid: number): boolean {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('engine-process');
  }

  private read(controller: string, v1: string, v2: string): string {
    return readFileSync(path.join(this.folder(controller), UNIFIED ? v2 : v1), 'utf8').trim();
  }

  private folder(controller: string): string {
    const root = UNIFIED ? MOUNT : path.join(MOUNT, controller);
    const id = this.containerId.replace(/^\w+:\/\//, '');
    const found = ['', 'burstable', 'besteffort']
      .map((qos) => path.join(root, 'kubepods', qos, `pod${this.podUid}`, id))
      .find((folder) => existsSync(folder));
    if (found === undefined) throw new Error(`no cgroup of container ${id} in ${root}/kubepods`);
    return found;
  }
}

/** `0-2,5` as 0, 1, 2, 5. */
export function cpuNumbers(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** CPUs of this machine. */
export function onlineCpus(): number[] {
  return cpuNumbers(readFileSync('/sys/devices/system/cpu/online', 'utf8').trim());
}

/** A field of /proc/PID/status. */
export function statusField(pid: number, name: string): string {
  return new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]!;
}

/** Environment that a process was started with. */
export function environmentOf(pid: number): Record<string, string> {
  const pairs = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}

/** Options of the mount that a path of a process lies on. */
export function mountOptions(pid: number, target: string): string[] {
  const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n');
  return (
    mounts
      .map((line) => line.split(' '))
      .find((fields) => fields[4] === target)?.[5]
      ?.split(',') ?? []
  );
}

/** Makes the kernel choose this process first when memory runs out. */
export function offerToOomKiller(pid: number): void {
  writeFileSync(`/proc/${pid}/oom_score_adj`, '1000');
}

/** Threads of a process. */
export function threadsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`);
}

/** Ends a process of ours, if it has not ended yet. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
