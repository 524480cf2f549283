import { readdir, readFile } from 'node:fs/promises';
import { openFiles, untilIdle } from './processes';

/** What a process and its children hold. */
export interface Holdings {
  readonly residentBytes: number;
  readonly files: number;
  readonly processes: number;
}

/** A process and all that it has started. */
export async function processGroup(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8')));
  const children = lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  return [pid, ...(await Promise.all(children.map(processGroup))).flat()];
}

/** Of a process and its children, as soon as none of them works any more. */
export async function holdingsAtRest(pid: number): Promise<Holdings> {
  const pids = await processGroup(pid);
  for (const each of pids) await untilIdle(each);
  const resident = await Promise.all(pids.map(residentBytes));
  const files = await Promise.all(pids.map(openFiles));
  return { residentBytes: sum(resident), files: sum(files), processes: pids.length };
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
