import { readFileSync } from 'node:fs';

/** A process and all that came from it. */
export function processTree(pid: number): readonly number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`)?.split(' ').filter(Boolean).map(Number) ?? [];
  return [pid, ...children.flatMap(processTree)];
}

/** What the processes take of the machine's memory, in bytes: pages that several share count in parts (PSS). */
export function proportionalBytes(pids: readonly number[]): number {
  return sumOf(pids, 'smaps_rollup', /^Pss:\s+(\d+) kB/m);
}

/** The most that each process ever had resident, added up, in bytes. */
export function peakResidentBytes(pids: readonly number[]): number {
  return sumOf(pids, 'status', /^VmHWM:\s+(\d+) kB/m);
}

/** Looks at the memory of processes now and again, and keeps the most. */
export class MemoryPeak {
  private peak = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly roots: readonly number[],
    intervalMs: number,
  ) {
    this.look();
    this.timer = setInterval(() => {
      this.look();
    }, intervalMs);
  }

  /** @returns the most proportional bytes that were seen */
  stop(): number {
    clearInterval(this.timer);
    this.look();
    return this.peak;
  }

  private look(): void {
    this.peak = Math.max(this.peak, proportionalBytes(this.roots.flatMap(processTree)));
  }
}

function sumOf(pids: readonly number[], file: string, pattern: RegExp): number {
  const kibibytes = pids.map((pid) => Number(pattern.exec(read(`/proc/${pid}/${file}`) ?? '')?.[1] ?? 0));
  return 1024 * kibibytes.reduce((sum, each) => sum + each, 0);
}

/** Undefined where the process is gone. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
