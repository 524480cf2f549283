import { openOtlpTracing } from './otlp-tracing';
import type { RequestRecord } from './request-record';
import { parseTraceContext } from './trace-context';

/** The start of a request. */
export interface RequestStart {
  /** Header of the request, W3C Trace Context. */
  readonly traceparent?: string;
  /** Header of the request, W3C Trace Context. */
  readonly tracestate?: string;
  readonly method: string;
  /** The route as it is registered; those of transcriptions have no parameters, so that it is the path too. */
  readonly route: string;
  /** When the head arrived, on the clock of `performance.now()`. */
  readonly startedAt: number;
}

/** The trace of one request. */
export interface RequestTrace {
  /** Absent where nobody traces this request. */
  readonly traceId?: string;
  /** What its log lines say: `trace_id` and `span_id`, as OpenTelemetry names them in logs of other formats. */
  readonly logFields: { readonly trace_id?: string; readonly span_id?: string };
  /** Called once, when the request is answered. */
  end(record: RequestRecord): void;
}

export interface Tracing {
  begin(start: RequestStart): RequestTrace;
  /** Sends what has not been sent yet; gives up after two seconds. */
  close(): Promise<void>;
}

/** What tracing says in the log. */
export interface TracingLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/**
 * Tracing by the variables of OpenTelemetry's specification: on where `OTEL_EXPORTER_OTLP_ENDPOINT` or
 * `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is set, unless `OTEL_SDK_DISABLED=true` or `OTEL_TRACES_EXPORTER=none`. Off, it
 * costs nothing: the libraries are not loaded, and the caller's trace is only named in the log.
 *
 * @param environment that of the process: OpenTelemetry reads the rest of its variables there itself
 */
export async function openTracing(environment: NodeJS.ProcessEnv, log: TracingLog): Promise<Tracing> {
  if (!isOn(environment)) return UNEXPORTED;
  try {
    return await openOtlpTracing(environment, log);
  } catch (error) {
    // A pod without traces serves; one that does not start does not.
    log.warn({ err: error }, 'tracing cannot be set up, and is off');
    return UNEXPORTED;
  }
}

function isOn(environment: NodeJS.ProcessEnv): boolean {
  if (environment.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || environment.OTEL_TRACES_EXPORTER === 'none') {
    return false;
  }
  return Boolean(environment.OTEL_EXPORTER_OTLP_ENDPOINT || environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
}

/** Nothing is exported; log lines still name the trace and the span of the caller. */
const UNEXPORTED: Tracing = {
  begin({ traceparent, tracestate }) {
    const caller = parseTraceContext(traceparent, tracestate);
    return {
      traceId: caller?.traceId,
      logFields: caller ? { trace_id: caller.traceId, span_id: caller.spanId } : {},
      end() {
        // There is no span to end.
      },
    };
  },
  close: () => Promise.resolve(),
};
