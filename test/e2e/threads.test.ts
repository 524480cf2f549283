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
        const pid = server.enginePid;
        const before = await cpuSecondsByThread(pid);
        expect((await transcriptionRequest(server, sample('long-en.wav').bytes)).status).toBe(200);
        const after = await cpuSecondsByThread(pid);
        const used = [...after].map(([task, seconds]) => seconds - (before.get(task) ?? 0)).sort((a, b) => b - a);
        const inference = used.filter((seconds) => seconds > used[0]! * BUSY_SHARE).length;
        console.log(
          `${cpus} CPUs: ${inference} inference threads; CPU seconds by thread: ${used.map((s) => s.toFixed(2)).join(' ')}`,
        );
        expect(inference).toBe(cpus);
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
