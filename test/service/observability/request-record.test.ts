import { logFields, serverTiming, type RequestRecord } from '../../../service/src/observability/request-record';

const REFUSED: RequestRecord = {
  route: '/v1/audio/transcriptions',
  outcome: 'overloaded',
  status: 503,
  totalMs: 0.42,
};

const ANSWERED: RequestRecord = {
  route: '/v1/audio/transcriptions',
  key: 'agent',
  outcome: 'ok',
  status: 200,
  uploadMs: 20.04,
  audioDecodeMs: 3,
  queueMs: 0,
  encodeMs: 101.26,
  decodeMs: 48.94,
  totalMs: 175.512,
  tokens: 12,
  windows: 1,
  audioSeconds: 2.345,
  language: 'en',
  confidence: null,
};

describe('the log line of a request', () => {
  it('says what is known and leaves out what is not, with times to a tenth of a millisecond', () => {
    expect(logFields(REFUSED)).toEqual({
      route: '/v1/audio/transcriptions',
      outcome: 'overloaded',
      status: 503,
      totalMs: 0.4,
    });
    expect(logFields({ ...ANSWERED, session: undefined })).toEqual({
      ...ANSWERED,
      uploadMs: 20,
      encodeMs: 101.3,
      decodeMs: 48.9,
      totalMs: 175.5,
    });
  });
});

describe('Server-Timing', () => {
  it('names each stage with its duration in milliseconds, in the order of their coming', () => {
    expect(serverTiming(ANSWERED)).toBe(
      'upload;dur=20, audio;dur=3, queue;dur=0, encode;dur=101.3, decode;dur=48.9, total;dur=175.5',
    );
  });

  it('leaves out stages that a request did not reach', () => {
    expect(serverTiming(REFUSED)).toBe('total;dur=0.4');
  });

  it('is what the grammar of the header allows', () => {
    const token = "[!#$%&'*+\\-.^_`|~\\w]+";
    expect(serverTiming(ANSWERED)).toMatch(new RegExp(`^${token};dur=[\\d.]+(?:, ${token};dur=[\\d.]+)*$`));
  });
});
