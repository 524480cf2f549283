import { once } from 'node:events';
import { connect } from 'node:net';
import { ENGLISH_SAMPLES, sample } from '../support/nano';
import { cpuSeconds, untilGone, untilIdle } from '../support/processes';
import { percentile, watchProbe } from '../support/probe-watch';
import { audioForm, ServerProcess, transcriptionRequest } from '../support/server-process';

/** The promise is 50 ms; on a busy machine only five times that fails. */
const PROBE_P99_BOUND_MS = 5 * 50;
/** CPU time after which the engine is in the middle of a window: more than a message takes, less than an encode. */
const WORKING_CPU_SECONDS = 0.05;
/** Share of the work on `long-en.wav` that what is left of one window stays below: its sentences make a window each. */
const SHARE_AFTER_HANG_UP = 1 / 6;

async function textOf(response: Response): Promise<string> {
  expect(response.status).toBe(200);
  return ((await response.json()) as { text: string }).text;
}

/** Begins a transcription of `long-en.wav` and waits until the engine is at it. */
async function beginLongWork(
  server: ServerProcess,
  signal?: AbortSignal,
): Promise<{ readonly response: Promise<Response> }> {
  const { enginePid } = server;
  const idle = await untilIdle(enginePid);
  const response = fetch(`${server.url}/v1/audio/transcriptions`, {
    method: 'POST',
    body: audioForm(sample('long-en.wav').bytes),
    signal,
  });
  await server.until(async () => (await cpuSeconds(enginePid)) > idle + WORKING_CPU_SECONDS, 'the engine to work');
  return { response };
}

/** These tests look at the process that works, and kill it: there is to be one. */
const ONE_ENGINE = { STT_ENGINE_PROCESSES: '1' };

describe('the server under load and loss', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await ServerProcess.start(ONE_ENGINE);
  });
  afterAll(() => server.stop());

  it('loses none of 100 requests at concurrency 8, and answers probes meanwhile', async () => {
    const work = Array.from({ length: 100 }, (_, i) => ENGLISH_SAMPLES[i % ENGLISH_SAMPLES.length]!);
    const expected = new Map<string, string>();
    for (const { file, bytes } of ENGLISH_SAMPLES) {
      const { text } = (await (await transcriptionRequest(server, bytes)).json()) as { text: string };
      expected.set(file, text);
    }
    const probe = watchProbe(`${server.url}/livez`);
    const started = Date.now();
    const worker = async (): Promise<void> => {
      for (let next = work.pop(); next; next = work.pop()) {
        const response = await transcriptionRequest(server, next.bytes);
        expect(response.status).toBe(200);
        expect(await response.json()).toMatchObject({ text: expected.get(next.file) });
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    const seconds = (Date.now() - started) / 1000;
    const latencies = await probe.stop();
    const p99 = percentile(latencies, 0.99);
    console.log(
      `100 requests in ${seconds.toFixed(1)} s; ${latencies.length} probes: ` +
        `median ${percentile(latencies, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${Math.max(...latencies).toFixed(1)} ms`,
    );
    expect(latencies.length).toBeGreaterThan(100);
    expect(p99).toBeLessThan(PROBE_P99_BOUND_MS);
  }, 120_000);

  it('answers a request whose engine is killed in the middle of it', async () => {
    const undisturbed = await textOf(await transcriptionRequest(server, sample('long-en.wav').bytes));
    const before = server.enginePid;
    const { response } = await beginLongWork(server);
    process.kill(before, 'SIGKILL');
    expect(await textOf(await response)).toBe(undisturbed);
    await server.until(() => server.enginePid !== before, 'the log line of another engine');
    expect(server.find('engine process lost; restarting it')).toMatchObject({ reason: 'SIGKILL' });
    const after = await transcriptionRequest(server, sample('en-01.wav').bytes);
    expect(await after.json()).toMatchObject({ text: sample('en-01.wav').text });
  }, 60_000);

  it('stays alive but not ready while its engine restarts', async () => {
    process.kill(server.enginePid, 'SIGKILL');
    await server.until(async () => (await server.get('/readyz')).status === 503, 'readiness to fail');
    expect((await server.get('/livez')).status).toBe(200);
    expect((await server.get('/startupz')).status).toBe(200);
    await server.untilReady();
  });

  it('drops the work of a client that hangs up', async () => {
    const { enginePid } = server;
    const idle = await untilIdle(enginePid);
    expect((await transcriptionRequest(server, sample('long-en.wav').bytes)).status).toBe(200);
    const whole = (await untilIdle(enginePid)) - idle;
    const abort = new AbortController();
    const lines = server.log.length;
    const { response } = await beginLongWork(server, abort.signal);
    const atHangUp = await cpuSeconds(enginePid);
    abort.abort();
    await expect(response).rejects.toThrow();
    await server.until(() => server.log.slice(lines).some(({ code }) => code === 'client_closed'), 'the log line');
    const afterwards = (await untilIdle(enginePid)) - atHangUp;
    console.log(`CPU seconds: ${whole.toFixed(2)} for the whole work, ${afterwards.toFixed(2)} after the hang-up`);
    expect(afterwards).toBeLessThan(whole * SHARE_AFTER_HANG_UP);
    expect(server.enginePid).toBe(enginePid);
  }, 60_000);
});

describe('the queue', () => {
  it('refuses what it has no room for, with a time to come back, and serves the rest', async () => {
    const server = await ServerProcess.start({ ...ONE_ENGINE, STT_MAX_QUEUE: '1' });
    try {
      const responses = await Promise.all(
        Array.from({ length: 6 }, () => transcriptionRequest(server, sample('en-01.wav').bytes)),
      );
      const served = responses.filter(({ status }) => status === 200);
      const refused = responses.filter(({ status }) => status === 503);
      expect(served.length + refused.length).toBe(6);
      expect(served.length).toBeGreaterThanOrEqual(2);
      expect(refused.length).toBeGreaterThanOrEqual(1);
      for (const response of served) expect(await response.json()).toMatchObject({ text: sample('en-01.wav').text });
      for (const response of refused) {
        // When room is expected.
        const retryAfterMs = Number(response.headers.get('retry-after-ms'));
        expect(retryAfterMs).toBeGreaterThanOrEqual(200);
        expect(retryAfterMs).toBeLessThanOrEqual(5000);
        expect(response.headers.get('retry-after')).toBe(String(Math.ceil(retryAfterMs / 1000)));
        expect(await response.json()).toMatchObject({ error: { code: 'overloaded', type: 'server_error' } });
      }
    } finally {
      await server.stop();
    }
  });
});

describe('a request that takes too long', () => {
  it('is answered with request_timeout and tells the SDK not to try again', async () => {
    const server = await ServerProcess.start({
      ...ONE_ENGINE,
      STT_REQUEST_TIMEOUT_SECONDS: '1',
      STT_QUANTIZATION: 'fp32',
    });
    try {
      const responses = await Promise.all(
        Array.from({ length: 4 }, () => transcriptionRequest(server, sample('long-en.wav').bytes)),
      );
      const late = responses.filter(({ status }) => status === 504);
      expect(late.length).toBeGreaterThan(0);
      for (const response of late) {
        expect(response.headers.get('x-should-retry')).toBe('false');
        expect(await response.json()).toMatchObject({ error: { code: 'request_timeout' } });
      }
    } finally {
      await server.stop();
    }
  }, 60_000);
});

describe('SIGTERM', () => {
  it('takes readiness away at once, answers what is in flight, and exits with 0', async () => {
    const server = await ServerProcess.start({ ...ONE_ENGINE, STT_DRAIN_DELAY_SECONDS: '1' });
    const undisturbed = await textOf(await transcriptionRequest(server, sample('long-en.wav').bytes));
    const { response: inFlight } = await beginLongWork(server);
    server.child.kill('SIGTERM');
    await server.until(() => server.find('draining') !== undefined, 'the drain to begin');
    // The listener is still there: endpoints are withdrawn meanwhile.
    const readiness = await server.get('/readyz');
    expect(readiness.status).toBe(503);
    expect(readiness.headers.get('connection')).toBe('close');
    expect(await textOf(await inFlight)).toBe(undisturbed);
    expect(await server.exit).toEqual({ code: 0, signal: null });
    await expect(fetch(`${server.url}/livez`)).rejects.toThrow();
  }, 60_000);

  it('does not wait for connections that a client has opened ahead of need', async () => {
    const server = await ServerProcess.start(ONE_ENGINE);
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    await closed;
  });

  it('leaves no engine behind', async () => {
    const server = await ServerProcess.start(ONE_ENGINE);
    const engine = server.enginePid;
    await server.stop();
    expect(() => process.kill(engine, 0)).toThrow('ESRCH');
  });

  it('ends the server while its model is still loading', async () => {
    const server = ServerProcess.spawn();
    await server.until(() => server.find('listening') !== undefined, 'the listener');
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('leaves no engine behind when the server itself is killed', async () => {
    const server = await ServerProcess.start(ONE_ENGINE);
    const engine = server.enginePid;
    await server.stop('SIGKILL');
    await untilGone(engine);
  });
});
