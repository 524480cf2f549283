import { randomBytes } from 'node:crypto';
import { METRICS } from '../../lib/metrics';
import { sample } from '../support/nano';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver';
import { residentBytes } from '../support/processes';
import { PrometheusText } from '../support/prometheus-text';
import { head, RawConnection } from '../support/raw-connection';
import { audioForm, ServerProcess, transcriptionRequest, type LogLine } from '../support/server-process';

const ROUTE = '/v1/audio/transcriptions';
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';

const utterance = sample('en-01.wav');

/** The last line that says how a request ended. */
const lastFinished = (server: ServerProcess): LogLine | undefined =>
  server.log.findLast(({ msg }) => msg === 'request finished');

const finishedLines = (server: ServerProcess): number =>
  server.log.filter(({ msg }) => msg === 'request finished').length;

/** Durations of the header Server-Timing by name. */
function serverTiming(response: Response): Readonly<Record<string, number>> {
  const header = response.headers.get('server-timing') ?? '';
  return Object.fromEntries(
    header.split(', ').map((metric) => {
      const [name, duration] = metric.split(';dur=');
      return [name!, Number(duration)];
    }),
  );
}

describe('what the server tells of itself', () => {
  let server: ServerProcess;
  let receiver: OtlpReceiver;
  const scrape = async (): Promise<PrometheusText> => new PrometheusText(await (await server.get('/metrics')).text());

  beforeAll(async () => {
    receiver = await OtlpReceiver.start();
    server = await ServerProcess.start({
      STT_ENGINE_PROCESSES: '1',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_BSP_SCHEDULE_DELAY: '10',
    });
  });
  afterAll(async () => {
    await server.stop();
    await receiver.stop();
  });

  describe('/metrics', () => {
    it('has every series that is documented, as it is documented, and beside them only those of the process', async () => {
      const { metrics } = await scrape();
      const own = metrics.filter(({ name }) => !/^(process|nodejs)_/.test(name));
      expect(Object.fromEntries(own.map(({ name, type, help }) => [name, { type, help }]))).toEqual(
        Object.fromEntries(Object.values(METRICS).map(({ name, type, help }) => [name, { type, help }])),
      );
      expect(metrics.map(({ name }) => name)).toEqual(
        expect.arrayContaining([
          'process_cpu_seconds_total',
          'process_resident_memory_bytes',
          'nodejs_eventloop_lag_p99_seconds',
          'nodejs_gc_duration_seconds',
        ]),
      );
    });

    it('names the model that is loaded', async () => {
      expect(
        (await scrape()).value(METRICS.modelInfo.name, { name: 'nano', quantization: 'int8', layout: 'published' }),
      ).toBe(1);
    });

    it('shows the memory of the engine', async () => {
      const engineBytes = (await scrape()).value(METRICS.engineMemory.name);
      // What the kernel says now: the process may have given some of it back since.
      const rssBytes = await residentBytes(server.enginePid);
      expect(engineBytes).toBeGreaterThan(rssBytes / 2);
      expect(engineBytes).toBeLessThan(rssBytes * 2);
    });

    it('counts a transcription and measures each of its stages', async () => {
      const before = await scrape();
      const lines = finishedLines(server);
      await (await transcriptionRequest(server, utterance.bytes)).text();
      await server.until(() => finishedLines(server) > lines, 'the line of the request');
      const after = await scrape();
      const grown = (series: string, labels = {}): number =>
        (after.value(series, labels) ?? 0) - (before.value(series, labels) ?? 0);

      expect(grown(METRICS.requests.name)).toBe(1);
      expect(grown(METRICS.errors.name)).toBe(0);
      expect(grown(METRICS.finished.name, { route: ROUTE, outcome: 'ok' })).toBe(1);
      for (const { name } of [
        METRICS.requestDuration,
        METRICS.duration,
        METRICS.upload,
        METRICS.audioDecode,
        METRICS.queueWait,
        METRICS.firstToken,
        METRICS.encode,
        METRICS.decode,
        METRICS.realTimeFactor,
        METRICS.tokenRate,
      ]) {
        expect([name, grown(`${name}_count`)]).toEqual([name, 1]);
      }
      expect(grown(`${METRICS.audioDuration.name}_sum`)).toBeCloseTo(utterance.duration, 1);
      expect(grown(`${METRICS.uploadBytes.name}_sum`)).toBe(utterance.bytes.length);
      expect(grown(METRICS.windows.name)).toBe(1);
      expect(grown(METRICS.tokens.name)).toBeGreaterThan(1);
      // The stages are parts of the whole.
      const stages = [METRICS.audioDecode, METRICS.queueWait, METRICS.encode, METRICS.decode].map(({ name }) =>
        grown(`${name}_sum`),
      );
      expect(stages.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(grown(`${METRICS.duration.name}_sum`));
    });

    it('counts an error by its code', async () => {
      const failed = { route: ROUTE, outcome: 'audio_corrupt' };
      const before = (await scrape()).value(METRICS.finished.name, failed) ?? 0;
      const lines = finishedLines(server);
      const response = await transcriptionRequest(server, utterance.bytes.subarray(0, 30));
      expect(((await response.json()) as { error: { code: string } }).error.code).toBe('audio_corrupt');
      await server.until(() => finishedLines(server) > lines, 'the line of the request');
      expect((await scrape()).value(METRICS.finished.name, failed)).toBe(before + 1);
    });

    it('counts errors before or beside transcription by their codes alone', async () => {
      const before = await scrape();
      expect((await server.get('/nowhere')).status).toBe(404);
      expect((await server.get('/%zz')).status).toBe(400);
      expect((await fetch(`${server.url}/v1/models/nano`, { method: 'DELETE' })).status).toBe(405);
      await RawConnection.answerTo(server.port, head('GET /livez', { 'x-long': 'a'.repeat(20_000) }));
      const encoded = { method: 'POST', headers: { 'content-encoding': 'gzip' }, body: 'x' };
      expect((await fetch(`${server.url}${ROUTE}`, encoded)).status).toBe(415);
      const after = await scrape();
      const grown = (series: string, labels = {}): number =>
        (after.value(series, labels) ?? 0) - (before.value(series, labels) ?? 0);
      for (const code of [
        'not_found',
        'invalid_request',
        'method_not_allowed',
        'headers_too_large',
        'unsupported_encoding',
      ]) {
        expect([code, grown(METRICS.httpErrors.name, { code })]).toEqual([code, 1]);
      }
      expect(grown(METRICS.httpErrors.name)).toBe(5);
      expect(grown(METRICS.requests.name)).toBe(0);
      // What is wrong with a transcription is counted as one, and only once.
      const lines = finishedLines(server);
      await (await transcriptionRequest(server, Buffer.from('no audio'))).text();
      await server.until(() => finishedLines(server) > lines, 'the line of the request');
      expect((await scrape()).value(METRICS.httpErrors.name)).toBe(after.value(METRICS.httpErrors.name));
    });

    it('counts a client that goes away, and what it asked for as none of the answers', async () => {
      const before = await scrape();
      const leave = new AbortController();
      const gone = fetch(`${server.url}${ROUTE}`, {
        method: 'POST',
        body: audioForm(sample('long-en.wav').bytes),
        signal: leave.signal,
      });
      await server.until(
        async () => ((await scrape()).value(METRICS.busySlots.name) ?? 0) > 0,
        'the engine to be busy with it',
      );
      leave.abort();
      await expect(gone).rejects.toThrow();
      await server.until(() => lastFinished(server)?.outcome === 'client_closed', 'the line of the request');
      expect(lastFinished(server)).toMatchObject({ status: 499 });
      const after = await scrape();
      expect(after.value(METRICS.disconnects.name)).toBe(before.value(METRICS.disconnects.name)! + 1);
      expect(after.value(`${METRICS.duration.name}_count`)).toBe(before.value(`${METRICS.duration.name}_count`));
    });

    it('shows requests in flight while they are, and none when all are answered', async () => {
      const answers = Array.from({ length: 6 }, () => transcriptionRequest(server, utterance.bytes));
      await server.until(async () => {
        const text = await scrape();
        return text.value(METRICS.inFlight.name)! > 1 && text.value(METRICS.waiting.name)! > 0;
      }, 'requests in flight');
      await Promise.all(answers.map(async (answer) => (await answer).text()));
      await server.until(async () => (await scrape()).value(METRICS.inFlight.name) === 0, 'none in flight');
      const idle = await scrape();
      expect([METRICS.waiting, METRICS.oldestWait, METRICS.busySlots].map(({ name }) => idle.value(name))).toEqual([
        0, 0, 0,
      ]);
      expect(idle.value(METRICS.slots.name)).toBe(1);
    }, 60_000);

    it('counts an engine that was lost, and how long there was none', async () => {
      const { enginePid } = server;
      process.kill(enginePid, 'SIGKILL');
      await server.until(async () => (await scrape()).value(METRICS.engineMemory.name) === 0, 'the engine to be gone');
      await server.until(() => server.enginePid !== enginePid, 'the next engine');
      const text = await scrape();
      expect(text.value(METRICS.engineRestarts.name, { reason: 'crash' })).toBe(1);
      expect(text.value(`${METRICS.engineRecovery.name}_count`)).toBe(1);
      expect(text.value(`${METRICS.engineRecovery.name}_sum`)).toBeGreaterThan(0);
      expect(text.value(METRICS.engineMemory.name)).toBeGreaterThan(2 ** 20);
    });
  });

  describe('Server-Timing', () => {
    it('says where the time of an answer went', async () => {
      const response = await transcriptionRequest(server, utterance.bytes);
      await response.text();
      const { total, ...stages } = serverTiming(response);
      expect(Object.keys(stages)).toEqual(['upload', 'audio', 'queue', 'encode', 'decode']);
      const sum = Object.values(stages).reduce((all, each) => all + each, 0);
      // Each is rounded to a tenth.
      expect(sum).toBeLessThanOrEqual(total! + 0.5);
      expect(sum).toBeGreaterThan(0);
    });
  });

  describe('the log', () => {
    it('has one line a request, with what is documented and nothing of what was said', async () => {
      const lines = finishedLines(server);
      const response = await transcriptionRequest(server, utterance.bytes);
      const { text } = (await response.json()) as { text: string };
      await server.until(() => finishedLines(server) > lines, 'the line of the request');
      expect(finishedLines(server)).toBe(lines + 1);
      expect(lastFinished(server)).toMatchObject({
        route: ROUTE,
        outcome: 'ok',
        status: 200,
        uploadBytes: utterance.bytes.length,
        audioSeconds: expect.closeTo(utterance.duration, 1) as number,
        characters: text.length,
        language: 'en',
        model: 'nano',
        windows: 1,
        totalMs: expect.any(Number) as number,
        encodeMs: expect.any(Number) as number,
      });
      expect(text).toBe(utterance.text);
      expect(JSON.stringify(server.log)).not.toContain(text);
    });
  });

  describe('a trace', () => {
    /** @returns the answer, and the span of its request, which is below the caller's `spanId` */
    const traced = async (body: FormData): Promise<{ span: ReceivedSpan; spanId: string; response: Response }> => {
      const spanId = randomBytes(8).toString('hex');
      const response = await fetch(`${server.url}${ROUTE}`, {
        method: 'POST',
        body,
        headers: { traceparent: `00-${TRACE_ID}-${spanId}-01`, tracestate: 'vendor=1' },
      });
      const find = (): ReceivedSpan | undefined =>
        receiver.requestSpans.find(({ parentSpanId }) => parentSpanId === spanId);
      await server.until(() => find() !== undefined, 'the span of the request');
      return { span: find()!, spanId, response };
    };

    it("continues the caller's, with a span for the request and one for each stage", async () => {
      const { span, spanId, response } = await traced(audioForm(utterance.bytes));
      expect(response.status).toBe(200);
      expect(span).toMatchObject({
        name: `POST ${ROUTE}`,
        traceId: TRACE_ID,
        parentSpanId: spanId,
        traceState: 'vendor=1',
        attributes: {
          'http.response.status_code': 200,
          'stt.outcome': 'ok',
          'stt.language': 'en',
          'stt.model': 'nano',
          'stt.audio_seconds': expect.closeTo(utterance.duration, 1) as number,
          'stt.windows': 1,
        },
      });
      const stages = receiver.below(span);
      expect(stages.map(({ name }) => name)).toEqual(['upload', 'audio decode', 'queue', 'encode', 'decode']);
      for (const stage of stages) {
        expect(stage.startNs).toBeGreaterThanOrEqual(span.startNs);
        expect(stage.endNs).toBeLessThanOrEqual(span.endNs);
      }
    });

    it('is named in the log lines of the request', async () => {
      const { span } = await traced(audioForm(utterance.bytes));
      await server.until(() => lastFinished(server)?.span_id === span.spanId, 'the line of the request');
      expect(lastFinished(server)).toMatchObject({ trace_id: TRACE_ID });
    });

    it('shows an error of the caller by its code', async () => {
      const { span, response } = await traced(audioForm(Buffer.from('no audio')));
      expect(response.status).toBe(400);
      expect(span).toMatchObject({ status: 0, attributes: { 'stt.outcome': 'unsupported_format' } });
    });

    it('has nothing of what was said', () => {
      expect(receiver.requestSpans.length).toBeGreaterThan(0);
      expect(receiver.text).not.toContain(utterance.text);
    });
  });
});

describe('a server that is told to stop', () => {
  it('sends the traces that it has, and ends', async () => {
    const receiver = await OtlpReceiver.start();
    // Nothing would be sent by itself while the test runs.
    const server = await ServerProcess.start({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_BSP_SCHEDULE_DELAY: '600000',
    });
    await (await transcriptionRequest(server, utterance.bytes)).text();
    expect(receiver.spans).toEqual([]);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(receiver.requestSpans).toHaveLength(1);
    await receiver.stop();
  });
});

describe('a server without a collector', () => {
  it("names the caller's trace in its log all the same", async () => {
    const server = await ServerProcess.start();
    await fetch(`${server.url}${ROUTE}`, {
      method: 'POST',
      body: audioForm(utterance.bytes),
      headers: { traceparent: `00-${TRACE_ID}-${SPAN_ID}-01` },
    });
    await server.until(() => lastFinished(server) !== undefined, 'the line of the request');
    expect(lastFinished(server)).toMatchObject({ trace_id: TRACE_ID, span_id: SPAN_ID });
    await server.stop();
  });
});
