import { parseTraceContext } from '../../../service/src/observability/trace-context';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';

describe('the trace context of a caller', () => {
  it('is read from traceparent and tracestate', () => {
    expect(parseTraceContext(`00-${TRACE_ID}-${SPAN_ID}-01`, 'vendor=1,other=2')).toEqual({
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      flags: 1,
      state: 'vendor=1,other=2',
    });
    expect(parseTraceContext(`00-${TRACE_ID}-${SPAN_ID}-00`)).toMatchObject({ flags: 0 });
  });

  it('is read from versions to come, whatever they add', () => {
    expect(parseTraceContext(`01-${TRACE_ID}-${SPAN_ID}-01-more`)).toMatchObject({ traceId: TRACE_ID });
  });

  it.each([
    ['no header', undefined],
    ['an empty one', ''],
    ['the forbidden version', `ff-${TRACE_ID}-${SPAN_ID}-01`],
    ['more fields than version 00 has', `00-${TRACE_ID}-${SPAN_ID}-01-more`],
    ['upper case', `00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN_ID}-01`],
    ['a span id of zeros', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
    ['two headers in one', `00-${TRACE_ID}-${SPAN_ID}-01, 00-${TRACE_ID}-${SPAN_ID}-01`],
    ['something else', 'hello'],
  ])('is none with %s', (_what, header) => {
    expect(parseTraceContext(header)).toBeUndefined();
  });

  it('leaves out a state that is longer than it must be passed on', () => {
    expect(parseTraceContext(`00-${TRACE_ID}-${SPAN_ID}-01`, `a=${'x'.repeat(511)}`)?.state).toBeUndefined();
  });
});
