import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as EngineModule from '../../../service/src/engine/engine';
import type { DecodingResult } from '../../../service/src/whisper/decoding-result';
import { Engine, type EngineClass, NANO_ENGINE, SECOND } from '../../support/nano-engine';

const OPTIONS = NANO_ENGINE;
const decode = (engine: EngineClass): Promise<DecodingResult> =>
  engine.decodeWindow(SECOND, { task: 'transcribe', timestamps: false, temperature: 0, language: 'en' });

const POLL_MS = 5;
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(POLL_MS);
}
const untilBusy = (engine: EngineClass): Promise<void> => until(() => engine.admission.load.busySlots > 0);

/** Keeps this process from hearing anything. */
function blockFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Sends the signal to each of so many processes in turn, as soon as it works. */
async function disturb(engine: EngineClass, signal: NodeJS.Signals, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await untilBusy(engine);
    const lost = once(engine, 'lost');
    process.kill(engine.pid!, signal);
    await lost;
  }
}

describe('an engine whose process is lost', () => {
  const engines: EngineClass[] = [];
  const started = async (options: Partial<EngineModule.EngineOptions> = {}): Promise<EngineClass> => {
    const engine = new Engine({ ...OPTIONS, ...options });
    engines.push(engine);
    await engine.start();
    return engine;
  };
  /** What the engine says of its restarts. */
  const restartsOf = (engine: EngineClass): EngineModule.EngineStart[] => {
    const restarts: EngineModule.EngineStart[] = [];
    engine.on('ready', (start) => restarts.push(start));
    return restarts;
  };
  afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.stop())));

  it('decodes the window once more, before those that wait, and tells how long it was down', async () => {
    const engine = await started();
    const restarts = restartsOf(engine);
    const order: string[] = [];
    const window = (name: string): Promise<unknown> => decode(engine).then(() => order.push(name));
    const windows = [window('interrupted'), window('waiting')];
    await disturb(engine, 'SIGKILL', 1);
    await Promise.all(windows);
    expect(order).toEqual(['interrupted', 'waiting']);
    expect(restarts).toEqual([expect.objectContaining({ cause: 'crash', pid: engine.pid })]);
    expect(restarts[0]!.downMs).toBeGreaterThanOrEqual(restarts[0]!.loadMs);
  });

  it('takes a result that was sent in the last moment', async () => {
    const engine = await started();
    const restarts = restartsOf(engine);
    const tokens = engine.encodeText(' water');
    await untilBusy(engine);
    // The server does not listen while the process answers, and then while it dies.
    blockFor(1000);
    process.kill(engine.pid!, 'SIGKILL');
    blockFor(200);
    expect((await tokens).length).toBeGreaterThan(0);
    // Not tried once more: that would have taken a new process.
    expect(restarts).toEqual([]);
    await once(engine, 'ready');
    expect(engine.admission.load.waiting).toBe(0);
  });

  it('survives five poisoned requests in a row, and decodes what comes after', async () => {
    const engine = await started();
    const failed = jest.fn();
    engine.on('failed', failed);
    const pauses: number[] = [];
    engine.on('lost', ({ restartInMs }) => pauses.push(restartInMs));
    for (let i = 0; i < 5; i++) {
      const poisoned = expect(decode(engine)).rejects.toMatchObject({ code: 'poison_request' });
      await disturb(engine, 'SIGKILL', 2);
      await poisoned;
    }
    expect((await decode(engine)).language).toBe('en');
    expect(failed).not.toHaveBeenCalled();
    // Nobody waits longer for the sake of what others sent.
    expect(pauses).toEqual(new Array(10).fill(0));
  }, 60_000);

  it('rejects the poisoned request alone', async () => {
    const engine = await started();
    const outcomes = Promise.allSettled([decode(engine), decode(engine), decode(engine)]);
    await disturb(engine, 'SIGKILL', 2);
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  });

  it('gives up when its process dies again and again without work, or while it loads', async () => {
    const engine = await started();
    const failed = once(engine, 'failed');
    process.kill(engine.pid!, 'SIGKILL');
    // From now on each dies as soon as there is one.
    let killed: number | undefined;
    const killer = setInterval(() => {
      if (engine.pid === undefined || engine.pid === killed) return;
      killed = engine.pid;
      process.kill(killed, 'SIGKILL');
    }, 10);
    const waiting = expect(decode(engine)).rejects.toMatchObject({ code: 'engine_lost' });
    expect(await failed).toEqual([expect.objectContaining({ code: 'engine_lost' })]);
    clearInterval(killer);
    await waiting;
    expect(engine.isReady).toBe(false);
    expect(() => engine.admission.enter({ key: 'a', deadlineMs: Infinity })).toThrow('has given up (engine_lost)');
  });

  it('leaves a process alone that was stopped for a moment', async () => {
    const engine = await started();
    const { pid } = engine;
    const decoded = decode(engine);
    await untilBusy(engine);
    process.kill(pid!, 'SIGSTOP');
    await sleep(2000);
    process.kill(pid!, 'SIGCONT');
    expect((await decoded).language).toBe('en');
    expect(engine.pid).toBe(pid);
  }, 60_000);

  it('does not wait for a caller that has gone to try its window once more', async () => {
    const engine = await started();
    const aborter = new AbortController();
    const options = { task: 'transcribe', timestamps: false, temperature: 0, language: 'en' } as const;
    const gone = engine.decodeWindow(SECOND, options, aborter.signal);
    await untilBusy(engine);
    process.kill(engine.pid!, 'SIGKILL');
    aborter.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    await once(engine, 'ready');
    expect(engine.admission.load).toMatchObject({ waiting: 0, busySlots: 0 });
  });
});

describe('an engine whose process hangs', () => {
  let engine: EngineClass;
  const restarts: EngineModule.EngineStart[] = [];
  beforeAll(async () => {
    engine = new Engine(OPTIONS);
    await engine.start();
    engine.on('ready', (start) => restarts.push(start));
  });
  afterAll(() => engine.stop());

  it('replaces the process, decodes the window once more, and does not count as hung', async () => {
    const decoded = decode(engine);
    await disturb(engine, 'SIGSTOP', 1);
    expect(engine.isHung).toBe(false);
    expect((await decoded).language).toBe('en');
    expect(restarts).toEqual([expect.objectContaining({ cause: 'hang' })]);
  }, 120_000);

  it('rejects a window that hung twice, counts as hung when restarts do not help, and no more when a window gets on', async () => {
    const windows = [decode(engine), decode(engine), decode(engine)];
    const outcomes = Promise.allSettled(windows);
    const disturbed = disturb(engine, 'SIGSTOP', 4);
    await expect(windows[0]).rejects.toMatchObject({ code: 'engine_hung' });
    expect(engine.isHung).toBe(false);
    await until(() => engine.isHung);
    await disturbed;
    await expect(windows[1]).rejects.toMatchObject({ code: 'engine_hung' });
    expect((await windows[2]!).language).toBe('en');
    expect(engine.isHung).toBe(false);
    await outcomes;
  }, 300_000);
});

describe('an engine whose process has grown too large', () => {
  it('replaces it between two pieces of work, loses nothing, and stays ready', async () => {
    const engine = new Engine({ ...OPTIONS, maxRssBytes: 1, maxQueue: 200 });
    try {
      const first = await engine.start();
      expect(first.rssBytes).toBeGreaterThan(2 ** 20);
      const recycled: EngineModule.EngineRecycling[] = [];
      const restarts: EngineModule.EngineStart[] = [];
      const readiness: boolean[] = [];
      const lost = jest.fn();
      engine.on('lost', lost);
      engine.on('recycled', (recycling) => {
        recycled.push(recycling);
        readiness.push(engine.isReady);
      });
      engine.on('ready', (start) => restarts.push(start));
      const work = Array.from({ length: 100 }, () => engine.encodeText(' water').then(() => engine.isReady));
      readiness.push(...(await Promise.all(work)));
      // A process does a fair amount of work, however large it is.
      expect(recycled).toHaveLength(3);
      expect(recycled[0]).toEqual({ pid: first.pid, rssBytes: expect.any(Number) as number });
      expect(restarts).toHaveLength(3);
      for (const { cause, downMs } of restarts) {
        expect(cause).toBe('memory');
        expect(downMs).toBeGreaterThan(0);
      }
      expect(new Set(readiness)).toEqual(new Set([true]));
      expect(lost).not.toHaveBeenCalled();
      expect(new Set([first.pid, ...restarts.map(({ pid }) => pid)]).size).toBe(4);
    } finally {
      await engine.stop();
    }
  }, 60_000);

  it('keeps it while it is below the limit', async () => {
    const engine = new Engine({ ...OPTIONS, maxRssBytes: 2 ** 34, maxQueue: 200 });
    try {
      const { pid } = await engine.start();
      await Promise.all(Array.from({ length: 100 }, () => engine.encodeText(' water')));
      expect(engine.pid).toBe(pid);
    } finally {
      await engine.stop();
    }
  });
});
