import { setTimeout as sleep } from 'node:timers/promises';
import type * as EngineModule from '../../../service/src/engine/engine';
import type { DecodingResult } from '../../../service/src/whisper/decoding-result';
import { failureOf } from '../../support/failure-of';
import { sampleAudio } from '../../support/nano';
import { Engine, type EngineClass, NANO_ENGINE, SECOND } from '../../support/nano-engine';
import { cpuSeconds, untilIdle } from '../../support/processes';

const OPTIONS: EngineModule.EngineOptions = { ...NANO_ENGINE, maxRequestsPerKey: 8 };
const DECODING = { task: 'transcribe', timestamps: false, temperature: 0, language: 'en' } as const;
/** Every text counts as a bad one and is tried again, five times each: most of the time goes into tokens. */
const LABORIOUS = { ...DECODING, temperature: [0, 0.2, 0.4, 0.6, 0.8, 1], bestOf: 5, compressionRatioThreshold: 0 };
const MINUTE_MS = 60_000;
/** Half a minute of sentences: the most work that a window can be. */
const longWindow = sampleAudio('long-en.wav', 480_000);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

describe('requests with tickets', () => {
  let engine: EngineClass;
  beforeAll(async () => {
    engine = new Engine(OPTIONS);
    await engine.start();
  });
  afterAll(() => engine.stop());
  afterEach(() => {
    expect(engine.admission.load).toMatchObject({ inFlight: 0, waiting: 0, busySlots: 0, oldestWaitMs: 0 });
  });

  const enter = (key: string, patienceMs = MINUTE_MS): EngineModule.Ticket =>
    engine.admission.enter({ key, deadlineMs: performance.now() + patienceMs });
  const decode = (
    ticket: EngineModule.Ticket,
    samples: Float32Array = SECOND,
    signal?: AbortSignal,
  ): Promise<DecodingResult> => engine.decodeWindow(samples, DECODING, signal, ticket);
  /** Occupies the engine until it is told to stop. */
  const occupy = async (): Promise<() => Promise<void>> => {
    const aborter = new AbortController();
    const ticket = enter('occupier');
    const running = decode(ticket, longWindow, aborter.signal).catch((error: unknown) => error);
    await until(() => engine.admission.load.busySlots === 1);
    return async () => {
      aborter.abort(new Error('enough'));
      await running;
      ticket.leave();
      await until(() => engine.admission.load.busySlots === 0);
    };
  };

  /** Predicted, of one without audio. */
  const costOfWindowMs = (): number => {
    const ticket = enter('a', 10 * MINUTE_MS);
    // One alone: it is learned from, too, and many would make requests look long for the tests that follow.
    ticket.expect({ windows: 1, audioSeconds: 0 });
    ticket.leave();
    return ticket.remainingMs;
  };

  it('tells what the windows took', async () => {
    const ticket = enter('a');
    const started = performance.now();
    const first = await decode(ticket, longWindow);
    const tookMs = performance.now() - started;
    const { queueMs, encodeMs, decodeMs, tokens, windows, firstTokenMs } = ticket.timing;
    expect(windows).toBe(1);
    expect(tokens).toBeGreaterThanOrEqual(first.tokens.length - 1);
    expect(encodeMs).toBeGreaterThan(0);
    expect(decodeMs).toBeGreaterThan(0);
    expect(firstTokenMs).toBeGreaterThan(encodeMs);
    expect(firstTokenMs).toBeLessThan(tookMs);
    expect(queueMs + encodeMs + decodeMs).toBeLessThan(tookMs);
    await decode(ticket);
    expect(ticket.timing).toMatchObject({ windows: 2, firstTokenMs });
    ticket.leave();
  });

  it('is told the load, live', async () => {
    const free = await occupy();
    const ticket = enter('a');
    const waiting = decode(ticket);
    await sleep(5);
    const { predictedWaitMs, oldestWaitMs, ...load } = engine.admission.load;
    expect(load).toEqual({ slots: 1, busySlots: 1, inFlight: 2, waiting: 1 });
    expect(oldestWaitMs).toBeGreaterThanOrEqual(4);
    expect(predictedWaitMs).toBeGreaterThan(0);
    await free();
    await waiting;
    ticket.leave();
  });

  it('predicts the cost of windows from those before', async () => {
    const ticket = enter('a');
    ticket.expect({ windows: 1, audioSeconds: 1 });
    const predictedMs = ticket.remainingMs;
    for (let i = 0; i < 5; i++) await decode(ticket);
    const { encodeMs, decodeMs } = ticket.timing;
    const meanMs = (encodeMs + decodeMs) / 5;
    // Other work on the machine makes either slower.
    expect(predictedMs).toBeGreaterThan(meanMs / 10);
    expect(predictedMs).toBeLessThan(meanMs * 10);
    expect(ticket.remainingMs).toBe(0);
    ticket.leave();
  });

  it('rejects a window whose deadline passes while it waits, and never runs it', async () => {
    const free = await occupy();
    const late = enter('late', 2000);
    const rejected = expect(decode(late)).rejects.toMatchObject({ code: 'deadline_exceeded' });
    // A stopped process holds the engine up for as long as it takes.
    process.kill(engine.pid!, 'SIGSTOP');
    await rejected;
    process.kill(engine.pid!, 'SIGCONT');
    expect(late.timing).toMatchObject({ windows: 0, queueMs: 0 });
    late.leave();
    await free();
  });

  it('takes turns between keys', async () => {
    const free = await occupy();
    const order: string[] = [];
    const tickets = ['many', 'many', 'many', 'one'].map((key) => enter(key));
    const windows = tickets.map((ticket) => decode(ticket).then(() => order.push(ticket.key)));
    await free();
    await Promise.all(windows);
    expect(order.indexOf('one')).toBeLessThanOrEqual(1);
    for (const ticket of tickets) ticket.leave();
  });

  it('answers the shortest request of a key first, whole, though others wait between its windows', async () => {
    const free = await occupy();
    const order: string[] = [];
    const request = async (name: string, windows: number): Promise<void> => {
      const ticket = enter('a');
      ticket.expect({ windows, audioSeconds: windows });
      for (let i = 0; i < windows; i++) {
        await decode(ticket);
        order.push(name);
      }
      ticket.leave();
    };
    const requests = [request('long', 3), request('short', 2)];
    await free();
    await Promise.all(requests);
    expect(order).toEqual(['short', 'short', 'long', 'long', 'long']);
  });

  it('refuses a burst that it cannot answer in time, before any of its audio is there', async () => {
    const free = await occupy();
    const tickets: EngineModule.Ticket[] = [];
    const refusals: unknown[] = [];
    const deadlineMs = performance.now() + 30_000;
    const windowMs = costOfWindowMs();
    for (let i = 0; i < 8; i++) {
      const error = failureOf(() => {
        const ticket = engine.admission.enter({ key: `key ${i}`, deadlineMs });
        tickets.push(ticket);
        ticket.expect({ windows: Math.floor(7000 / windowMs), audioSeconds: 0 });
      });
      if (error !== undefined) refusals.push(error);
    }
    // 30 s hold four of 7 s each, and what runs.
    expect(refusals.length).toBeGreaterThanOrEqual(4);
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'overloaded' });
    for (const { retryAfterMs } of refusals as { retryAfterMs: number }[]) {
      expect(retryAfterMs).toBeGreaterThanOrEqual(200);
      expect(retryAfterMs).toBeLessThanOrEqual(5000);
    }
    for (const ticket of tickets) ticket.leave();
    await free();
  });

  it('refuses more requests of a key than it may have in', () => {
    const tickets = Array.from({ length: 8 }, () => enter('busy'));
    expect(failureOf(() => enter('busy'))).toMatchObject({ code: 'key_busy' });
    tickets.pop()!.leave();
    tickets.push(enter('busy'), enter('another'));
    for (const ticket of tickets) ticket.leave();
  });

  it('lets go of a waiting window at once when its caller has gone', async () => {
    const free = await occupy();
    const aborter = new AbortController();
    const ticket = enter('gone');
    const waiting = expect(decode(ticket, SECOND, aborter.signal)).rejects.toThrow('gone');
    expect(engine.admission.load.waiting).toBe(1);
    aborter.abort(new Error('gone'));
    expect(engine.admission.load.waiting).toBe(0);
    await waiting;
    ticket.leave();
    await free();
  });

  it('stops in the middle of the tokens of a window whose caller has gone', async () => {
    const whole = enter('whole');
    const idle = await untilIdle(engine.pid!);
    await engine.decodeWindow(longWindow, LABORIOUS, undefined, whole);
    const wholeCpuSeconds = (await untilIdle(engine.pid!)) - idle;
    const { encodeMs, decodeMs, tokens } = whole.timing;
    whole.leave();
    const aborter = new AbortController();
    const gone = enter('gone');
    const before = await cpuSeconds(engine.pid!);
    const rejected = expect(engine.decodeWindow(longWindow, LABORIOUS, aborter.signal, gone)).rejects.toThrow('gone');
    // A third of the tokens.
    const third = (wholeCpuSeconds * (encodeMs + decodeMs / 3)) / (encodeMs + decodeMs);
    while ((await cpuSeconds(engine.pid!)) - before < third) await sleep(1);
    aborter.abort(new Error('gone'));
    await rejected;
    await until(() => engine.admission.load.busySlots === 0);
    console.log(`${gone.timing.tokens} of ${tokens} tokens`);
    expect(gone.timing.windows).toBe(1);
    expect(gone.timing.tokens).toBeGreaterThan(0);
    expect(gone.timing.tokens).toBeLessThan(tokens);
    gone.leave();
  });
});

describe('an engine of two processes', () => {
  it('works at two windows at once, and goes on with one when it loses the other', async () => {
    const engine = new Engine({ ...OPTIONS, processes: 2 });
    try {
      await engine.start();
      expect(engine.admission.load).toMatchObject({ slots: 2, busySlots: 0 });
      const lost = new Promise((resolve) => engine.once('lost', resolve));
      const windows = Array.from({ length: 6 }, () => engine.decodeWindow(SECOND, DECODING));
      await until(() => engine.admission.load.busySlots === 2);
      process.kill(engine.pid!, 'SIGKILL');
      await lost;
      expect(engine.isReady).toBe(true);
      for (const { language } of await Promise.all(windows)) expect(language).toBe('en');
    } finally {
      await engine.stop();
    }
  });
});
