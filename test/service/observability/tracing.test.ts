import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { VERSION } from '../../../service/src/version';
import type { RequestRecord } from '../../../service/src/observability/request-record';
import { REPOSITORY } from '../../support/built';
import { OtlpReceiver } from '../../support/otlp-receiver';

const ROUTE = '/v1/audio/transcriptions';
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';
const SAMPLED = `00-${TRACE_ID}-${SPAN_ID}-01`;
const NOT_SAMPLED = `00-${TRACE_ID}-${SPAN_ID}-00`;
/** Of spans, which the SDK otherwise keeps for 5 s. */
const EXPORT_AT_ONCE = { OTEL_BSP_SCHEDULE_DELAY: '10' };

const RECORD: RequestRecord = {
  route: ROUTE,
  session: 'call-7',
  outcome: 'ok',
  status: 200,
  uploadMs: 20,
  audioDecodeMs: 5,
  queueMs: 10,
  encodeMs: 100,
  decodeMs: 50,
  totalMs: 250,
  tokens: 12,
  windows: 1,
  audioSeconds: 2.5,
  language: 'en',
};

interface TracedRequest {
  readonly start: {
    readonly method: string;
    readonly route: string;
    readonly traceparent?: string;
    readonly tracestate?: string;
  };
  readonly agoMs: number;
  readonly record: RequestRecord;
}

interface LoggedLine {
  readonly level: string;
  readonly message: string;
  readonly error?: string;
}

const request = (traceparent?: string, record: Partial<RequestRecord> = {}): TracedRequest => ({
  start: { method: 'POST', route: ROUTE, traceparent },
  agoMs: 300,
  record: { ...RECORD, ...record },
});

/** Tracing in a process of its own. */
class TracingProcess {
  readonly exited: Promise<unknown>;
  private nextId = 0;

  private constructor(private readonly child: ChildProcess) {
    this.exited = once(child, 'exit');
  }

  /** @returns it, and how many files of OpenTelemetry it has loaded */
  static async open(environment: Readonly<Record<string, string>>): Promise<[TracingProcess, number]> {
    const file = path.join(REPOSITORY, 'test/support/tracing-process.js');
    const tracing = new TracingProcess(fork(file, { env: environment }));
    return [tracing, (await tracing.ask('open')) as number];
  }

  async trace(...requests: readonly TracedRequest[]): Promise<readonly { traceId?: string; logFields: object }[]> {
    return (await this.ask('trace', requests)) as { traceId?: string; logFields: object }[];
  }

  async log(): Promise<readonly LoggedLine[]> {
    return (await this.ask('log')) as LoggedLine[];
  }

  /** @returns how long it took, in milliseconds */
  async close(): Promise<number> {
    return (await this.ask('close')) as number;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private async ask(action: string, requests?: readonly TracedRequest[]): Promise<unknown> {
    const id = this.nextId++;
    this.child.send({ id, action, requests });
    for (;;) {
      const [message] = (await Promise.race([
        once(this.child, 'message'),
        this.exited.then(() => Promise.reject(new Error('the process of tracing has ended'))),
      ])) as [{ id: number; result: unknown }];
      if (message.id === id) return message.result;
    }
  }
}

describe('tracing', () => {
  const opened: TracingProcess[] = [];
  const receivers: OtlpReceiver[] = [];
  const sockets: Server[] = [];
  const open = async (environment: Readonly<Record<string, string>>): Promise<TracingProcess> => {
    const [tracing] = await TracingProcess.open({ ...EXPORT_AT_ONCE, ...environment });
    opened.push(tracing);
    return tracing;
  };
  const receive = async (): Promise<OtlpReceiver> => {
    const receiver = await OtlpReceiver.start();
    receivers.push(receiver);
    return receiver;
  };
  const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await condition())) await sleep(20);
  };

  afterEach(async () => {
    for (const tracing of opened.splice(0)) tracing.kill();
    for (const socket of sockets.splice(0)) socket.close();
    await Promise.all(receivers.splice(0).map((receiver) => receiver.stop()));
  });

  it('sends a request as a span of kind SERVER, with its stages below it in their times', async () => {
    const receiver = await receive();
    const tracing = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    const before = BigInt(Date.now()) * 1_000_000n;
    const [traced] = await tracing.trace(request());
    await until(() => receiver.requestSpans.length === 1);
    const [span] = receiver.requestSpans;

    expect(span).toMatchObject({
      name: `POST ${ROUTE}`,
      traceId: traced!.traceId,
      status: 0,
      attributes: {
        'http.request.method': 'POST',
        'http.route': ROUTE,
        'url.path': ROUTE,
        'url.scheme': 'http',
        'http.response.status_code': 200,
        'session.id': 'call-7',
        'stt.outcome': 'ok',
        'stt.audio_seconds': 2.5,
        'stt.tokens': 12,
        'stt.language': 'en',
      },
      resource: { 'service.name': 'whisper-stt', 'service.version': VERSION },
    });
    expect(traced!.logFields).toEqual({ trace_id: span!.traceId, span_id: span!.spanId });
    // It began 300 ms before it was traced.
    expect(Number(span!.startNs - before) / 1e6).toBeGreaterThan(-310);
    expect(Number(span!.startNs - before) / 1e6).toBeLessThan(0);
    expect(
      [span!, ...receiver.below(span!)].map(({ name, startNs, endNs }) => [
        name,
        Math.round(Number(startNs - span!.startNs) / 1e6),
        Math.round(Number(endNs - span!.startNs) / 1e6),
      ]),
    ).toEqual([
      [`POST ${ROUTE}`, 0, 250],
      ['upload', 0, 20],
      ['audio decode', 20, 25],
      ['queue', 90, 100],
      ['encode', 100, 200],
      ['decode', 200, 250],
    ]);
  });

  it('continues the trace of the caller, and its decision to record', async () => {
    const receiver = await receive();
    const tracing = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    const withState = request(SAMPLED);
    const [unrecorded, recorded] = await tracing.trace(request(NOT_SAMPLED), {
      ...withState,
      start: { ...withState.start, tracestate: 'vendor=1' },
    });
    await tracing.close();
    expect(receiver.requestSpans).toHaveLength(1);
    expect(receiver.requestSpans[0]).toMatchObject({
      traceId: TRACE_ID,
      parentSpanId: SPAN_ID,
      traceState: 'vendor=1',
    });
    expect(recorded!.logFields).toEqual({ trace_id: TRACE_ID, span_id: receiver.requestSpans[0]!.spanId });
    expect(unrecorded!.logFields).toMatchObject({ trace_id: TRACE_ID });
  });

  it('marks a fault of the server as an error, and one of the caller not', async () => {
    const receiver = await receive();
    const tracing = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    await tracing.trace(
      request(undefined, { outcome: 'engine_lost', status: 500 }),
      request(undefined, { outcome: 'audio_corrupt', status: 400 }),
    );
    await tracing.close();
    expect(
      receiver.requestSpans.map(({ status, attributes }) => [
        attributes['stt.outcome'],
        status,
        attributes['error.type'],
      ]),
    ).toEqual([
      ['engine_lost', 2, 'engine_lost'],
      ['audio_corrupt', 0, undefined],
    ]);
  });

  it("takes name, attributes, sampler and the traces' own endpoint from OpenTelemetry's variables", async () => {
    const receiver = await receive();
    const tracing = await open({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/v1/traces`,
      OTEL_SERVICE_NAME: 'stt-blue',
      OTEL_RESOURCE_ATTRIBUTES: 'k8s.pod.name=stt-1,service.name=ignored',
      OTEL_TRACES_SAMPLER: 'parentbased_always_off',
    });
    await tracing.trace(request(), request(SAMPLED));
    await tracing.close();
    expect(receiver.requestSpans.map(({ traceId }) => traceId)).toEqual([TRACE_ID]);
    expect(receiver.requestSpans[0]!.resource).toMatchObject({
      'service.name': 'stt-blue',
      'k8s.pod.name': 'stt-1',
      'service.version': VERSION,
    });
  });

  it.each([
    ['there is no endpoint', ''],
    ['OTEL_SDK_DISABLED is true', 'OTEL_SDK_DISABLED=true'],
    ['OTEL_TRACES_EXPORTER is none', 'OTEL_TRACES_EXPORTER=none'],
  ])('is off where %s: nothing is loaded or sent, and log lines name the trace of the caller', async (_when, off) => {
    const receiver = await receive();
    const [variable, value] = off.split('=');
    const [tracing, loaded] = await TracingProcess.open(
      variable && value ? { [variable]: value, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } : {},
    );
    opened.push(tracing);
    expect(loaded).toBe(0);
    expect(await tracing.trace(request(SAMPLED), request())).toEqual([
      { traceId: TRACE_ID, logFields: { trace_id: TRACE_ID, span_id: SPAN_ID } },
      { logFields: {} },
    ]);
    await tracing.close();
    await tracing.exited;
    expect(receiver.requests).toBe(0);
  });

  it('loads the libraries where it is on', async () => {
    const [tracing, loaded] = await TracingProcess.open({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
    opened.push(tracing);
    expect(loaded).toBeGreaterThan(0);
  });

  it('says once that the collector does not take traces, and once that it does again', async () => {
    const receiver = await receive();
    receiver.isRefusing = true;
    const tracing = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    const untilRequests = async (count: number): Promise<void> => {
      await tracing.trace(request());
      await until(() => receiver.requests >= count);
    };
    for (const count of [1, 2, 3]) await untilRequests(count);
    receiver.isRefusing = false;
    for (const count of [4, 5]) await untilRequests(count);
    await until(async () => (await tracing.log()).length > 1);
    expect(await tracing.log()).toEqual([
      {
        level: 'warn',
        message: 'traces cannot be exported; they are dropped until they can',
        error: 'Bad Request',
      },
      { level: 'info', message: 'traces are exported again' },
    ]);
  });

  it('says that nobody listens where the collector should be', async () => {
    const receiver = await receive();
    await receiver.stop();
    receivers.splice(0);
    const tracing = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_TIMEOUT: '50' });
    await tracing.trace(request());
    await until(async () => (await tracing.log()).length > 0);
    expect((await tracing.log())[0]!.error).toContain('ECONNREFUSED');
  });

  it('outlives a collector that answers before it has read what it is sent, and hangs up', async () => {
    const receiver = await receive();
    const port = new URL(receiver.url).port;
    await receiver.stop();
    receivers.splice(0);
    const tracing = await open({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      RUDE_COLLECTOR_PORT: port,
    });
    // A batch of 8 MiB is more than the kernel holds: something is still to be written when the connection breaks.
    const { start, agoMs } = request();
    const record = { route: ROUTE, outcome: 'ok', status: 200, totalMs: 1, session: 'x'.repeat(2 ** 14) };
    const bulky = { start, agoMs, record };
    await tracing.trace(...Array.from({ length: 512 }, () => bulky));
    await until(async () => (await tracing.log()).length > 0);
    expect(await tracing.trace(request(SAMPLED))).toMatchObject([{ traceId: TRACE_ID }]);
    await tracing.close();
  });

  it('ends within two seconds, and keeps nobody, where the collector takes a connection and never answers', async () => {
    const deaf = createServer();
    sockets.push(deaf);
    await once(deaf.listen(0, '127.0.0.1'), 'listening');
    const tracing = await open({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(deaf.address() as AddressInfo).port}`,
    });
    const connected = once(deaf, 'connection');
    await tracing.trace(request());
    await connected;
    const closeMs = await tracing.close();
    const closed = performance.now();
    await tracing.exited;
    expect(closeMs).toBeLessThan(2500);
    // An export that was under way ends by its own time limit.
    expect(performance.now() - closed).toBeLessThan(2500);
  });

  it('says what is wrong with a variable, and works without it', async () => {
    const receiver = await receive();
    const tracing = await open({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_TRACES_SAMPLER: 'sometimes',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    });
    await tracing.trace(request());
    expect(await tracing.log()).toEqual([
      {
        level: 'warn',
        message: 'traces are sent as http/json, by default to port 4318; grpc is not spoken',
      },
      { level: 'warn', message: expect.stringContaining('OTEL_TRACES_SAMPLER') as string },
    ]);
    await tracing.close();
    expect(receiver.requestSpans).toHaveLength(1);
  });
});
