import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { THREADS } from './peers';

export type PinnedProcess = ChildProcessByStdio<Writable, Readable, Readable>;

/** The CPUs that everything is measured on: the first two of those that this process may use. */
export function measuredCpus(): readonly number[] {
  const list = /^Cpus_allowed_list:\s+(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]!;
  const allowed = list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last! - first! + 1 }, (_, index) => first! + index);
  });
  if (allowed.length < THREADS) throw new Error(`the benchmark needs ${THREADS} CPUs, this process may use ${list}`);
  return allowed.slice(0, THREADS);
}

/** @throws where there is no taskset, which Linux alone has */
export function checkTaskset(): void {
  if (spawnSync('taskset', ['--version']).error) throw new Error('taskset (util-linux) is missing; Linux alone has it');
}

/** Starts a command on the measured CPUs. */
export function spawnPinned(command: readonly string[], environment: NodeJS.ProcessEnv = process.env): PinnedProcess {
  return spawn('taskset', ['-c', measuredCpus().join(','), ...command], { env: environment, stdio: 'pipe' });
}
