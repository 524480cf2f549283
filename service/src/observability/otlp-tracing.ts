import type * as Api from '@opentelemetry/api';
import type { Attributes, Context, HrTime, Span, Tracer } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { VERSION } from '../version';
import { collectorAgent } from './collector-agent';
import type { RequestRecord } from './request-record';
import { stageSpans } from './stage-spans';
import { parseTraceContext } from './trace-context';
import type { RequestStart, RequestTrace, Tracing, TracingLog } from './tracing';

/** Tells the SDK how an export went. */
type ExportDone = Parameters<SpanExporter['export']>[1];

const DEFAULT_SERVICE_NAME = 'whisper-stt';
/** The pod has other things to end, and what is lost are the last seconds of traces. */
const CLOSE_TIMEOUT_MS = 2000;
/**
 * OpenTelemetry's default is 10 s, retries included, in which an export that is under way would keep the process; a
 * collector of the same cluster answers in milliseconds.
 */
const EXPORT_TIMEOUT_MS = CLOSE_TIMEOUT_MS;

/** Traces that are sent to a collector by OTLP over HTTP, as JSON. The libraries are loaded now. */
export async function openOtlpTracing(environment: NodeJS.ProcessEnv, log: TracingLog): Promise<Tracing> {
  const [api, sdk, resources, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ]);
  const protocol = environment.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? environment.OTEL_EXPORTER_OTLP_PROTOCOL;
  if (protocol?.startsWith('grpc')) {
    log.warn({ protocol }, 'traces are sent as http/json, by default to port 4318; grpc is not spoken');
  }
  const warn = (message: string): void => {
    log.warn({}, `tracing: ${message}`);
  };
  const silent = (): void => undefined;
  // What is wrong with the variables is said while they are read; later the exporter speaks for itself.
  api.diag.setLogger({ error: warn, warn, info: silent, debug: silent, verbose: silent }, api.DiagLogLevel.WARN);
  const { OTEL_EXPORTER_OTLP_TIMEOUT: timeout, OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: tracesTimeout } = environment;
  const exporter = new OTLPTraceExporter({
    httpAgentOptions: (protocol) => collectorAgent(protocol, environment),
    ...(timeout || tracesTimeout ? {} : { timeoutMillis: EXPORT_TIMEOUT_MS }),
  });
  const provider = new sdk.BasicTracerProvider({
    resource: resources
      .defaultResource()
      .merge(resources.resourceFromAttributes({ 'service.name': DEFAULT_SERVICE_NAME, 'service.version': VERSION }))
      .merge(resources.detectResources({ detectors: [resources.envDetector] })),
    spanProcessors: [new sdk.BatchSpanProcessor(new LoggedExporter(exporter, log))],
  });
  api.diag.disable();
  const tracer = provider.getTracer(DEFAULT_SERVICE_NAME, VERSION);
  return {
    begin: (start) => new OtlpRequestTrace(api, tracer, start),
    close: () => withinMs(CLOSE_TIMEOUT_MS, provider.shutdown()),
  };
}

/** A request as a span of kind SERVER, with its stages below it. */
class OtlpRequestTrace implements RequestTrace {
  readonly traceId: string;
  readonly logFields: RequestTrace['logFields'];
  private readonly span: Span;
  private readonly below: Context;
  private readonly startedAtMs: number;

  constructor(
    private readonly api: typeof Api,
    private readonly tracer: Tracer,
    start: RequestStart,
  ) {
    // The clock of the wall may be set while a process runs for weeks; how long ago it was is right.
    this.startedAtMs = Date.now() - (performance.now() - start.startedAt);
    this.span = tracer.startSpan(
      `${start.method} ${start.route}`,
      {
        kind: api.SpanKind.SERVER,
        startTime: hrTime(this.startedAtMs),
        attributes: {
          'http.request.method': start.method,
          'http.route': start.route,
          'url.path': start.route,
          'url.scheme': 'http',
        },
      },
      callersContext(api, start),
    );
    this.below = api.trace.setSpan(api.ROOT_CONTEXT, this.span);
    const { traceId, spanId } = this.span.spanContext();
    this.traceId = traceId;
    this.logFields = { trace_id: traceId, span_id: spanId };
  }

  end(record: RequestRecord): void {
    if (this.span.isRecording()) {
      this.span.setAttributes(attributesOf(record));
      // By HTTP's conventions, a fault of the caller is none of the server's span.
      if (record.status >= 500) {
        this.span.setAttribute('error.type', record.outcome);
        this.span.setStatus({ code: this.api.SpanStatusCode.ERROR });
      }
      for (const { name, startMs, endMs } of stageSpans(record)) {
        this.tracer
          .startSpan(name, { startTime: hrTime(this.startedAtMs + startMs) }, this.below)
          .end(hrTime(this.startedAtMs + endMs));
      }
    }
    this.span.end(hrTime(this.startedAtMs + record.totalMs));
  }
}

function callersContext(api: typeof Api, { traceparent, tracestate }: RequestStart): Context {
  const caller = parseTraceContext(traceparent, tracestate);
  if (!caller) return api.ROOT_CONTEXT;
  const { traceId, spanId, flags, state } = caller;
  const traceState = state === undefined ? undefined : api.createTraceState(state);
  return api.trace.setSpanContext(api.ROOT_CONTEXT, { traceId, spanId, traceFlags: flags, traceState, isRemote: true });
}

/** Sizes and names; what was said is in no trace. */
function attributesOf(record: RequestRecord): Attributes {
  return {
    'http.response.status_code': record.status,
    'session.id': record.session,
    'stt.key': record.key,
    'stt.outcome': record.outcome,
    'stt.model': record.model,
    'stt.format': record.format,
    'stt.language': record.language,
    'stt.audio_seconds': record.audioSeconds,
    'stt.upload_bytes': record.uploadBytes,
    'stt.tokens': record.tokens,
    'stt.windows': record.windows,
    'stt.first_token_ms': record.firstTokenMs,
  };
}

/** Says once that a collector is out of reach, and once that it is back. */
class LoggedExporter implements SpanExporter {
  private failing = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly log: TracingLog,
  ) {}

  export(spans: ReadableSpan[], done: ExportDone): void {
    this.exporter.export(spans, (result) => {
      const { error } = result;
      if (error && !this.failing) {
        this.log.warn({ err: error }, 'traces cannot be exported; they are dropped until they can');
      } else if (!error && this.failing) {
        this.log.info({}, 'traces are exported again');
      }
      this.failing = error !== undefined;
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  async forceFlush(): Promise<void> {
    await this.exporter.forceFlush?.();
  }
}

/** Seconds and nanoseconds since 1970: OpenTelemetry takes a plain number for one or another clock by its size. */
function hrTime(epochMs: number): HrTime {
  const seconds = Math.floor(epochMs / 1000);
  return [seconds, Math.round((epochMs - seconds * 1000) * 1e6)];
}

async function withinMs(timeoutMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([work.catch(() => undefined), timeout]);
  clearTimeout(timer);
}
