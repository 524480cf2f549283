import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { openFiles, untilIdle } from './processes';

/** What a process and its children hold. */
export interface Holdings {
  readonly residentBytes: number;
  readonly files: number;
  readonly processes: number;
}

/** Between two looks at the processes. */
const POLL_MS = 100;

/** A process and all that it has started. */
export async function processGroup(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8')));
  const children = lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  return [pid, ...(await Promise.all(children.map(processGroup))).flat()];
}

/** Under load the server has a second engine process, for ten seconds longer than the load. */
async function untilOneEngine(pid: number, deadline: number): Promise<void> {
  const isEngine = async (each: number): Promise<boolean> =>
    (await readFile(`/proc/${each}/cmdline`, 'utf8').catch(() => '')).includes('engine-process');
  for (;;) {
    const engines = (await Promise.all((await processGroup(pid)).map(isEngine))).filter(Boolean).length;
    if (engines <= 1) return;
    if (Date.now() > deadline) throw new Error(`process ${pid} still has ${engines} engine processes`);
    await sleep(POLL_MS);
  }
}

/** Of a process and its children, as soon as none of them works any more. */
async function holdingsAtRest(pid: number): Promise<Holdings> {
  const pids = await processGroup(pid);
  for (const each of pids) await untilIdle(each);
  const resident = await Promise.all(pids.map(residentBytes));
  const files = await Promise.all(pids.map(openFiles));
  return { residentBytes: sum(resident), files: sum(files), processes: pids.length };
}

/** Looks in a row that see the same memory. A look takes half a second of each process. */
const SETTLED_LOOKS = 3;
/** What the memory of processes at rest may change from look to look. */
const SETTLED_BYTES = 2 ** 19;

/** The same as soon as their memory has settled: both processes collect their garbage when they have rested for a while. */
export async function holdingsSettled(pid: number, timeoutMs = 60_000): Promise<Holdings> {
  const deadline = Date.now() + timeoutMs;
  await untilOneEngine(pid, deadline);
  let holdings = await holdingsAtRest(pid);
  for (let still = 1; still < SETTLED_LOOKS;) {
    if (Date.now() > deadline) throw new Error(`the memory of process ${pid} does not settle in ${timeoutMs} ms`);
    const next = await holdingsAtRest(pid);
    still = Math.abs(next.residentBytes - holdings.residentBytes) < SETTLED_BYTES ? still + 1 : 1;
    holdings = next;
  }
  return holdings;
}

/**
 * Waits until the server has replaced its audio thread by a fresh one, half a minute after its last file: what the files
 * left in the old one is gone then (service/src/audio/audio-decoder.ts). To be called when the last file has just been decoded.
 */
export async function untilAudioThreadRenewed(pid: number, timeoutMs = 90_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  const threads = async (): Promise<readonly string[]> => readdir(`/proc/${pid}/task`);
  const before = new Set(await threads());
  while ((await threads()).every((thread) => before.has(thread))) {
    if (Date.now() > deadline) throw new Error(`process ${pid} has no new thread after ${timeoutMs} ms`);
    await sleep(POLL_MS);
  }
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
