/** Where a caller stands in its trace (W3C Trace Context). */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits: the caller's own span. */
  readonly spanId: string;
  /** 1: the caller records this trace. */
  readonly flags: number;
  /** What vendors added, unread. */
  readonly state?: string;
}

const TRACEPARENT =
  /^(?<version>[0-9a-f]{2})-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<more>-.*)?$/;

/** The longest state that the recommendation asks to pass on, in characters (W3C Trace Context, 3.3.1.5). */
const MAX_STATE_LENGTH = 512;

/**
 * @param traceparent the header's value
 * @param tracestate the header's value
 * @returns undefined where the header is missing or breaks the format: a trace of one's own begins then
 */
export function parseTraceContext(traceparent: string | undefined, tracestate?: string): TraceContext | undefined {
  const { version, traceId, spanId, flags, more } = TRACEPARENT.exec(traceparent ?? '')?.groups ?? {};
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  // Version ff is forbidden; only later versions than 00 may have more fields.
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  const state = tracestate !== undefined && tracestate.length <= MAX_STATE_LENGTH ? tracestate : undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16), state };
}
