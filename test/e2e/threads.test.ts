import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { describeUnless } from '../support/describe-unless';
import { sample } from '../support/nano';
import { cpuSecondsOfStat } from '../support/processes';
import { ServerProcess, transcriptionRequest } from '../support/server-process';

/** Share of the time that makes a thread one of inference: JavaScript's helpers (garbage, compiler) stay far below. */
const BUSY_SHARE = 0.15;

/** CPU time of each thread of a process. */
async function cpuSecondsByThread(pid: number): Promise<ReadonlyMap<string, number>> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const seconds = tasks.map(async (task) => cpuSecondsOfStat(await readFile(`/proc/${pid}/task/${task}/stat`, 'utf8')));
  return new Map(await Promise.all(tasks.map(async (task, i) => [task, await seconds[i]!] as const)));
}

async function transcribe(server: ServerProcess): Promise<void> {
  expect((await transcriptionRequest(server, sample('en-01.wav').bytes)).status).toBe(200);
}

/** Lone requests: each has all CPUs. */
async function oneAfterAnother(server: ServerProcess): Promise<void> {
  for (let i = 0; i < 4; i++) await transcribe(server);
}

/** Threads of each process that decode while this is done. */
async function inferenceThreads(pids: readonly number[], work: () => Promise<void>): Promise<number[]> {
  const before = await Promise.all(pids.map(cpuSecondsByThread));
  await work();
  const after = await Promise.all(pids.map(cpuSecondsByThread));
  return pids.map((pid, i) => {
    const used = [...after[i]!]
      .map(([task, seconds]) => seconds - (before[i]!.get(task) ?? 0))
      .sort((one, other) => other - one);
    console.log(`CPU seconds of process ${pid} by thread: ${used.map((seconds) => seconds.toFixed(2)).join(' ')}`);
    return used.filter((seconds) => seconds > used[0]! * BUSY_SHARE).length;
  });
}

const unavailable = process.platform === 'linux' ? undefined : `${process.platform} has no /proc`;

describeUnless(unavailable, 'the threads of inference', () => {
  it.each(availableParallelism() > 1 ? [1, 2] : [1])(
    'are as many as the CPUs of the process: %i, whatever OMP_NUM_THREADS says',
    async (cpus) => {
      const server = ServerProcess.spawn({ OMP_NUM_THREADS: '16' }, ['taskset', '-c', cpus === 1 ? '0' : '0,1']);
      try {
        await server.untilReady();
        expect(server.find('listening')).toMatchObject({ threads: cpus });
        expect(
          server.find('OMP_NUM_THREADS differs from the CPUs that this process may use; the CPUs count'),
        ).toMatchObject({
          stated: 16,
          cpus,
        });
        const inference = await inferenceThreads([server.enginePid], () => oneAfterAnother(server));
        expect(inference).toEqual([cpus]);
      } finally {
        await server.stop();
      }
    },
    60_000,
  );

  it('have huge pages asked for, and a malloc that gives back what is freed', async () => {
    const server = ServerProcess.spawn();
    try {
      await server.untilReady();
      const environment = (await readFile(`/proc/${server.enginePid}/environ`, 'utf8')).split('\0');
      expect(environment).toEqual(
        expect.arrayContaining([
          'GLIBC_TUNABLES=glibc.malloc.hugetlb=1',
          'MALLOC_TRIM_THRESHOLD_=131072',
          'ORT_DISABLE_TELEMETRY=1',
        ]),
      );
    } finally {
      await server.stop();
    }
  }, 60_000);
});

const single = availableParallelism() > 1 ? unavailable : 'one CPU alone';

describeUnless(single, 'the threads of inference, on two CPUs', () => {
  it('are shared between two processes under load, and one process has them again at rest', async () => {
    const server = ServerProcess.spawn({}, ['taskset', '-c', '0,1']);
    /** Those that have said that they are ready with so many threads, the last word of each. */
    const pidsWith = (threads: number): number[] => {
      const starts = server.log.filter(({ msg }) => msg === 'engine ready');
      const latest = new Map(starts.map((start) => [start.enginePid as number, start.threads]));
      return [...latest].filter(([, has]) => has === threads).map(([pid]) => pid);
    };
    try {
      await server.untilReady();
      const [first] = pidsWith(2);
      const loadUntil = async (condition: () => boolean): Promise<void> => {
        const caller = async (): Promise<void> => {
          while (!condition()) await transcribe(server);
        };
        await Promise.all([caller(), caller(), caller(), caller()]);
      };
      await loadUntil(() => pidsWith(1).length === 2);
      let requests = 0;
      expect(await inferenceThreads(pidsWith(1), () => loadUntil(() => ++requests > 24))).toEqual([1, 1]);
      await server.until(() => pidsWith(2).length === 1, 'one process to have all threads again');
      expect(pidsWith(2)).toEqual([first]);
      expect(await inferenceThreads([first!], () => oneAfterAnother(server))).toEqual([2]);
    } finally {
      await server.stop();
    }
  }, 120_000);
});
