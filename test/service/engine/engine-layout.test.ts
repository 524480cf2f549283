import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type * as EngineModule from '../../../service/src/engine/engine';
import type { DecodingResult } from '../../../service/src/whisper/decoding-result';
import { Engine, type EngineClass, NANO_ENGINE, SECOND } from '../../support/nano-engine';
import { untilGone } from '../../support/processes';

const OPTIONS: EngineModule.EngineOptions = { ...NANO_ENGINE, threads: 2, splitsWithRoom: () => true };
const DECODING = { task: 'transcribe', timestamps: false, temperature: 0, language: 'en' } as const;
const decode = (engine: EngineClass): Promise<DecodingResult> => engine.decodeWindow(SECOND, DECODING);
/** It takes two seconds of load until there are two processes, ten of rest until there is one. */
const TIMEOUT_MS = 120_000;
const POLL_MS = 5;

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(POLL_MS);
}

/** Engine processes that this process has. */
async function enginePids(): Promise<number[]> {
  const children = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
  const pids = children.split(' ').filter(Boolean).map(Number);
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return pids.filter((_, i) => commands[i]!.includes('engine-process'));
}

describe('an engine that may divide its threads', () => {
  let engine: EngineClass;
  let starts: EngineModule.EngineStart[];
  let layouts: EngineModule.Layout[];
  const create = async (options: Partial<EngineModule.EngineOptions> = {}): Promise<void> => {
    engine = new Engine({ ...OPTIONS, ...options });
    starts = [];
    layouts = [];
    engine.on('ready', (start) => starts.push(start));
    engine.on('layout', (layout) => layouts.push(layout));
    await engine.start();
  };
  afterEach(() => engine.stop());

  /** Four callers, each of whom asks again as soon as he has his answer, until then. */
  const loadUntil = async (condition: () => boolean): Promise<DecodingResult[]> => {
    const results: DecodingResult[] = [];
    const caller = async (): Promise<void> => {
      while (!condition()) results.push(await decode(engine));
    };
    await Promise.all([caller(), caller(), caller(), caller()]);
    return results;
  };
  const isDivided = (): boolean => starts.some(({ pid, threads }) => pid === engine.pid && threads === 1);
  const readiness: boolean[] = [];

  it(
    'has one process with all threads, two with one each under lasting load, and one again at rest',
    async () => {
      await create();
      const { pid } = engine;
      expect(starts).toEqual([expect.objectContaining({ pid, threads: 2 })]);
      const watch = setInterval(() => readiness.push(engine.isReady), POLL_MS);
      const results = await loadUntil(isDivided);
      expect(layouts).toEqual([{ processes: 2, threads: [1, 1] }]);
      expect(engine.admission.load.slots).toBe(2);
      // Both work, the first one in the process that it was.
      const windows = Array.from({ length: 4 }, () => decode(engine));
      await until(() => engine.admission.load.busySlots === 2);
      results.push(...(await Promise.all(windows)));
      expect(engine.pid).toBe(pid);
      const second = starts.find((start) => start.pid !== pid)!;
      expect(await enginePids()).toEqual(expect.arrayContaining([pid, second.pid]));

      await once(engine, 'layout');
      clearInterval(watch);
      await untilGone(second.pid);
      expect(layouts.slice(1)).toEqual([{ processes: 1, threads: [2] }]);
      expect(engine.admission.load.slots).toBe(1);
      expect(starts.at(-1)).toMatchObject({ pid, threads: 2 });
      results.push(await decode(engine));
      for (const { language } of results) expect(language).toBe('en');
      expect(new Set(readiness)).toEqual(new Set([true]));
      // None of it was a restart.
      expect(starts.map(({ cause }) => cause)).toEqual([undefined, undefined, undefined, undefined]);
    },
    TIMEOUT_MS,
  );

  it(
    'divides its threads a second time when load comes again',
    async () => {
      await create();
      await loadUntil(isDivided);
      await once(engine, 'layout');
      starts.length = 0;
      await loadUntil(isDivided);
      expect(layouts.map(({ processes }) => processes)).toEqual([2, 1, 2]);
    },
    TIMEOUT_MS,
  );

  it('divides its threads at once where the work that is known of is worth it', async () => {
    const asked: number[] = [];
    await create({
      splitsWithRoom: (bytes) => {
        asked.push(bytes);
        return false;
      },
    });
    const ticket = engine.admission.enter({ key: 'a', deadlineMs: Infinity });
    const window = (): Promise<DecodingResult> => engine.decodeWindow(SECOND, DECODING, undefined, ticket);
    // As much as may come, as long as nothing is known of it.
    await Promise.all([window(), window()]);
    expect(asked).toHaveLength(0);
    ticket.expect({ windows: 10_000, audioSeconds: 10_000 });
    // One after another, it could not be divided.
    await window();
    expect(asked).toHaveLength(0);
    const both = Promise.all([window(), window()]);
    await nextTurn();
    expect(asked).toHaveLength(1);
    await both;
    ticket.leave();
  });

  it('stays as it is where there is no room for a second process', async () => {
    const asked: number[] = [];
    await create({
      splitsWithRoom: (bytes) => {
        asked.push(bytes);
        return false;
      },
    });
    await loadUntil(() => asked.length > 0);
    const end = performance.now() + 1000;
    await loadUntil(() => performance.now() > end);
    // It needs what the first one takes, and is not asked for with every look.
    expect(asked).toEqual([expect.any(Number)]);
    expect(asked[0]).toBeGreaterThanOrEqual(starts[0]!.rssBytes);
    expect(layouts).toEqual([]);
    expect(starts).toHaveLength(1);
  });

  it(
    'goes on with one process when the second is lost while it loads, and does not try again at once',
    async () => {
      await create();
      const losses: EngineModule.EngineLoss[] = [];
      engine.on('lost', (loss) => losses.push(loss));
      const killer = (async () => {
        const isSecond = (pid: number): boolean => pid !== engine.pid;
        await until(async () => (await enginePids()).some(isSecond));
        const second = (await enginePids()).find(isSecond)!;
        process.kill(second, 'SIGKILL');
        await untilGone(second);
      })();
      await loadUntil(() => losses.length > 0);
      await killer;
      const end = performance.now() + 3000;
      const results = await loadUntil(() => performance.now() > end);
      expect(results.length).toBeGreaterThan(0);
      expect(losses).toEqual([expect.objectContaining({ cause: 'crash' })]);
      expect(layouts).toEqual([]);
      expect(starts).toEqual([expect.objectContaining({ pid: engine.pid, threads: 2 })]);
      expect(await enginePids()).toEqual([engine.pid]);
    },
    TIMEOUT_MS,
  );

  it(
    'tries a window once more whose process was lost while there were two',
    async () => {
      await create();
      await loadUntil(isDivided);
      const second = starts.find(({ pid }) => pid !== engine.pid)!.pid;
      const windows = Array.from({ length: 6 }, () => decode(engine));
      await until(() => engine.admission.load.busySlots === 2);
      const lost = once(engine, 'lost');
      process.kill(second, 'SIGKILL');
      await lost;
      for (const { language } of await Promise.all(windows)) expect(language).toBe('en');
      expect(engine.isReady).toBe(true);
    },
    TIMEOUT_MS,
  );

  it(
    'gives all threads to the first process when the second is lost at rest',
    async () => {
      await create();
      await loadUntil(isDivided);
      const second = starts.find(({ pid }) => pid !== engine.pid)!.pid;
      await until(() => engine.admission.load.busySlots === 0);
      const changed = once(engine, 'layout');
      process.kill(second, 'SIGKILL');
      expect(await changed).toEqual([{ processes: 1, threads: [2] }]);
      expect((await decode(engine)).language).toBe('en');
      expect(starts.at(-1)).toMatchObject({ pid: engine.pid, threads: 2 });
    },
    TIMEOUT_MS,
  );

  it(
    'replaces the first process when that is lost, with the threads that it had',
    async () => {
      await create();
      await loadUntil(isDivided);
      const lost = once(engine, 'lost');
      const windows = Array.from({ length: 6 }, () => decode(engine));
      await until(() => engine.admission.load.busySlots === 2);
      process.kill(engine.pid!, 'SIGKILL');
      await lost;
      expect(engine.isReady).toBe(true);
      await Promise.all(windows);
      await until(() => starts.at(-1)?.cause === 'crash');
      expect(starts.at(-1)).toMatchObject({ pid: engine.pid, threads: 1 });
    },
    TIMEOUT_MS,
  );

  it('has nothing to divide with one thread', async () => {
    await create({ threads: 1 });
    expect(engine.maxProcesses).toBe(1);
  });
});
