import type { RequestRecord } from '../../../service/src/observability/request-record';
import { stageSpans } from '../../../service/src/observability/stage-spans';

const record = (times: Partial<RequestRecord>): RequestRecord => ({
  route: '/x',
  outcome: 'ok',
  status: 200,
  totalMs: 200,
  ...times,
});

describe('the stages of a request', () => {
  it('begin with the upload, and end with the answer', () => {
    expect(
      stageSpans(record({ uploadMs: 20, audioDecodeMs: 5, queueMs: 10, encodeMs: 100, decodeMs: 50, windows: 1 })),
    ).toEqual([
      { name: 'upload', startMs: 0, endMs: 20 },
      { name: 'audio decode', startMs: 20, endMs: 25 },
      { name: 'queue', startMs: 40, endMs: 50 },
      { name: 'encode', startMs: 50, endMs: 150 },
      { name: 'decode', startMs: 150, endMs: 200 },
    ]);
  });

  it('are those that a request reached', () => {
    expect(stageSpans(record({ uploadMs: 20 }))).toEqual([{ name: 'upload', startMs: 0, endMs: 20 }]);
    expect(stageSpans(record({}))).toEqual([]);
  });

  it('leave out the engine where windows ran side by side, and their sum is longer than the request', () => {
    const stages = stageSpans(record({ uploadMs: 20, queueMs: 0, encodeMs: 150, decodeMs: 40 }));
    expect(stages.map(({ name }) => name)).toEqual(['upload']);
  });
});
