import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Linux' unit of CPU time in /proc: 100 a second. */
const TICKS_PER_SECOND = 100;

/** CPU time that a process has used, its threads included. */
export async function cpuSeconds(pid: number): Promise<number> {
  return cpuSecondsOfStat(await readFile(`/proc/${pid}/stat`, 'utf8'));
}

/** CPU time in the `stat` file of a process or a thread. */
export function cpuSecondsOfStat(stat: string): number {
  // The command's name stands in brackets and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Between two looks at a process. */
const POLL_MS = 20;
/** As many looks without CPU time in between make a process idle: half a second. */
const IDLE_POLLS = 25;

/** Waits until a process works no more, and returns the CPU time it has used. */
export async function untilIdle(pid: number, timeoutMs = 30_000): Promise<number> {
  const deadline = Date.now() + timeoutMs;
  let used = await cpuSeconds(pid);
  for (let still = 0; still < IDLE_POLLS;) {
    if (Date.now() > deadline) throw new Error(`process ${pid} still works after ${timeoutMs} ms`);
    await sleep(POLL_MS);
    const now = await cpuSeconds(pid);
    still = now === used ? still + 1 : 0;
    used = now;
  }
  return used;
}

/** Waits until a process has ended. */
export async function untilGone(pid: number, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    if (Date.now() > deadline) throw new Error(`process ${pid} is still there after ${timeoutMs} ms`);
    await sleep(POLL_MS);
  }
}

/** Files, sockets and pipes that a process has open. */
export async function openFiles(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/** Memory of a process that is nobody else's and no file's, in bytes. */
export async function anonymousBytes(pid: number): Promise<number> {
  return statusBytes(pid, 'RssAnon');
}

/** Memory of a process, files and what it shares included, in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  return statusBytes(pid, 'VmRSS');
}

async function statusBytes(pid: number, field: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)![1]) * 1024;
}
