import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ERROR_KINDS } from '../../../service/src/http/errors/api-error';
import {
  HALLUCINATION_REASONS,
  HTTP_ERROR_CODES,
  METRICS,
  REFUSAL_CAUSES,
  SHORT_CONTEXT_DOUBTS,
  type MetricDefinition,
} from '../../../lib/metrics';
import type { EngineLoad } from '../../../service/src/engine/scheduling/engine-load';
import { VERSION } from '../../../service/src/version';
import type { RequestRecord } from '../../../service/src/observability/request-record';
import { ServiceMetrics } from '../../../service/src/observability/service-metrics';
import type { HallucinationReason } from '../../../service/src/whisper/hallucination';
import type { ShortContextDoubt } from '../../../service/src/whisper/short-context';
import { REPOSITORY } from '../../support/built';
import { PrometheusText } from '../../support/prometheus-text';

const ROUTE = '/v1/audio/transcriptions';

const ANSWERED: RequestRecord = {
  route: ROUTE,
  key: 'agent',
  outcome: 'ok',
  status: 200,
  uploadMs: 20,
  audioDecodeMs: 4,
  queueMs: 30,
  encodeMs: 300,
  decodeMs: 100,
  firstTokenMs: 310,
  totalMs: 460,
  tokens: 20,
  windows: 2,
  audioSeconds: 40,
  uploadBytes: 65_536,
};

const LOAD: EngineLoad = {
  inFlight: 5,
  waiting: 4,
  oldestWaitMs: 1500,
  predictedWaitMs: 2500,
  slots: 2,
  busySlots: 1,
};

const scrape = async (metrics: ServiceMetrics): Promise<PrometheusText> => new PrometheusText(await metrics.render());

describe('the metrics of the service', () => {
  it('count a request when it comes and when it ends, in the legacy series and in those by route', async () => {
    const metrics = new ServiceMetrics();
    metrics.requestReceived(ROUTE, 'agent');
    expect((await scrape(metrics)).value('stt_transcription_requests_total')).toBe(1);
    expect((await scrape(metrics)).value('stt_requests_finished_total')).toBeUndefined();
    metrics.requestFinished(ANSWERED);
    metrics.requestReceived(ROUTE);
    metrics.requestFinished({ route: ROUTE, outcome: 'audio_corrupt', status: 400, totalMs: 3 });

    const text = await scrape(metrics);
    expect(text.value('stt_transcription_requests_total')).toBe(2);
    expect(text.value('stt_transcription_errors_total')).toBe(1);
    expect(text.value('stt_requests_received_total', { route: ROUTE })).toBe(2);
    expect(text.value('stt_requests_finished_total', { route: ROUTE, outcome: 'ok' })).toBe(1);
    expect(text.value('stt_requests_finished_total', { route: ROUTE, outcome: 'audio_corrupt' })).toBe(1);
    expect(text.value('stt_key_requests_total', { key: 'agent' })).toBe(1);
    expect(text.value('stt_key_audio_seconds_total', { key: 'agent' })).toBe(40);
  });

  it('measure the stages of a request in seconds', async () => {
    const metrics = new ServiceMetrics();
    metrics.requestFinished(ANSWERED);
    const text = await scrape(metrics);
    expect(
      Object.fromEntries(
        Object.values(METRICS)
          .filter(({ type }) => type === 'histogram')
          .map(({ name }) => [name, text.value(`${name}_sum`)]),
      ),
    ).toEqual({
      // Since its last byte.
      stt_transcription_duration_seconds: 0.44,
      stt_audio_duration_seconds: 40,
      stt_request_duration_seconds: 0.46,
      stt_upload_duration_seconds: 0.02,
      stt_upload_bytes: 65_536,
      stt_audio_decode_seconds: 0.004,
      stt_queue_wait_seconds: 0.03,
      stt_first_token_seconds: 0.31,
      stt_encode_seconds: 0.3,
      stt_decode_seconds: 0.1,
      stt_real_time_factor_ratio: 0.01,
      stt_decode_tokens_per_second: 200,
      stt_engine_recovery_seconds: 0,
    });
    // The engine's, of which a request's last ones may be told after its end.
    expect(text.value('stt_tokens_total')).toBe(0);
  });

  it('count the windows that the engine worked at, and their tokens', async () => {
    const metrics = new ServiceMetrics();
    metrics.windowWorked(20);
    metrics.windowWorked(0);
    const text = await scrape(metrics);
    expect(text.value('stt_tokens_total')).toBe(20);
    expect(text.value('stt_windows_total')).toBe(2);
  });

  it('leave a failed request out of the latencies of answers, and keep what it cost', async () => {
    const metrics = new ServiceMetrics();
    metrics.requestFinished({ ...ANSWERED, outcome: 'client_closed', status: 499 });
    const text = await scrape(metrics);
    expect(text.value('stt_request_duration_seconds_count')).toBeUndefined();
    expect(text.value('stt_transcription_duration_seconds_count')).toBe(0);
    expect(text.value('stt_key_audio_seconds_total')).toBeUndefined();
    expect(text.value('stt_encode_seconds_count')).toBe(1);
    expect(text.value('stt_audio_duration_seconds_sum')).toBe(40);
  });

  it('leave audio without speech out of the times of the engine, which was not asked', async () => {
    const metrics = new ServiceMetrics();
    metrics.requestFinished({ ...ANSWERED, windows: 0, tokens: 0, queueMs: 0, encodeMs: 0, decodeMs: 0 });
    const text = await scrape(metrics);
    for (const name of ['stt_queue_wait_seconds', 'stt_encode_seconds', 'stt_real_time_factor_ratio']) {
      expect([name, text.value(`${name}_count`)]).toEqual([name, 0]);
    }
    expect(text.value('stt_request_duration_seconds_count')).toBe(1);
  });

  it('count refusals by cause from zero on, and no other error as one', async () => {
    const metrics = new ServiceMetrics();
    const refusals = async (): Promise<(number | undefined)[]> => {
      const text = await scrape(metrics);
      return REFUSAL_CAUSES.map((cause) => text.value('stt_requests_refused_total', { cause }));
    };
    expect(await refusals()).toEqual(REFUSAL_CAUSES.map(() => 0));
    for (const outcome of [...REFUSAL_CAUSES, 'missing_file']) {
      metrics.requestFinished({ route: ROUTE, outcome, status: 503, totalMs: 1 });
    }
    expect(await refusals()).toEqual(REFUSAL_CAUSES.map(() => 1));
    expect((await scrape(metrics)).value('stt_requests_refused_total')).toBe(REFUSAL_CAUSES.length);
  });

  it('count errors of other requests by codes of the catalogue, from zero on, and any other under one name', async () => {
    const metrics = new ServiceMetrics();
    const errors = async (code: string): Promise<number | undefined> =>
      (await scrape(metrics)).value('stt_http_errors_total', { code });
    for (const code of HTTP_ERROR_CODES) {
      expect(Object.keys(ERROR_KINDS)).toContain(code);
      expect(await errors(code)).toBe(0);
    }
    metrics.httpError('invalid_api_key');
    metrics.httpError('made_up');
    expect(await errors('invalid_api_key')).toBe(1);
    expect(await errors('other')).toBe(1);
    // They are none of transcription.
    expect((await scrape(metrics)).value('stt_transcription_errors_total')).toBe(0);
  });

  it('count disconnects, hallucinations and restarts of the engine', async () => {
    const metrics = new ServiceMetrics();
    metrics.disconnected();
    metrics.requestFinished({ ...ANSWERED, hallucinations: { silence: 2, rate: 1 } });
    metrics.engineRestarted('hang', 800);
    const text = await scrape(metrics);
    expect(text.value('stt_client_disconnects_total')).toBe(1);
    expect(text.value('stt_hallucinations_total', { reason: 'silence' })).toBe(2);
    expect(text.value('stt_hallucinations_total')).toBe(3);
    expect(text.value('stt_engine_restarts_total', { reason: 'hang' })).toBe(1);
    expect(text.value('stt_engine_restarts_total', { reason: 'crash' })).toBe(0);
    expect(text.value('stt_engine_recovery_seconds_sum')).toBe(0.8);
  });

  it('read the load of the engine at each scrape', async () => {
    const metrics = new ServiceMetrics();
    let load = LOAD;
    metrics.readLoadFrom(() => load);
    const gauges = async (): Promise<unknown> => {
      const text = await scrape(metrics);
      return Object.fromEntries(
        text.metrics
          .filter(({ name, type }) => type === 'gauge' && /^stt_(?!.*_info$)/.test(name))
          .map(({ name }) => [name, text.value(name)]),
      );
    };
    expect(await gauges()).toEqual({
      stt_requests_in_flight: 5,
      stt_requests_waiting: 4,
      stt_oldest_wait_seconds: 1.5,
      stt_predicted_wait_seconds: 2.5,
      stt_engine_slots: 2,
      stt_engine_slots_busy: 1,
    });
    load = { ...LOAD, waiting: 0 };
    expect(await gauges()).toMatchObject({ stt_requests_waiting: 0 });
  });

  it('name the model, the server and its Node.js', async () => {
    const metrics = new ServiceMetrics();
    metrics.modelLoaded({ name: 'tiny', quantization: 'int8', layout: 'published', encoderSha256: 'e'.repeat(64) });
    const text = await scrape(metrics);
    expect(text.metric('stt_model_info').samples).toEqual([
      {
        series: 'stt_model_info',
        labels: {
          name: 'tiny',
          quantization: 'int8',
          layout: 'published',
          variant: '',
          encoder_sha256: 'e'.repeat(64),
          decoder_sha256: '',
        },
        value: 1,
      },
    ]);
    expect(text.value('stt_build_info', { version: VERSION, node: process.version })).toBe(1);
  });

  it('have no more series however many routes, keys and errors there are', async () => {
    const metrics = new ServiceMetrics();
    for (let index = 0; index < 1000; index++) {
      metrics.requestReceived(`/route-${index}`, `key-${index}`);
      metrics.requestFinished({
        ...ANSWERED,
        route: `/route-${index}`,
        key: `key-${index}`,
        outcome: index % 2 ? 'ok' : `e-${index}`,
        hallucinations: { [`reason-${index}`]: 1 },
        shortWindows: 1,
        shortContextReruns: { [`cause-${index}`]: 1 },
      });
    }
    const text = await scrape(metrics);
    const series = (name: string): number => text.metric(name).samples.length;
    expect(series('stt_key_requests_total')).toBe(51);
    expect(text.value('stt_key_requests_total', { key: 'other' })).toBe(950);
    expect(series('stt_requests_received_total')).toBe(33);
    expect(series('stt_hallucinations_total')).toBe(HALLUCINATION_REASONS.length + 1);
    expect(series('stt_short_context_reruns_total')).toBe(SHORT_CONTEXT_DOUBTS.length + 1);
  });

  it('count windows heard at short context, and those heard again by the reason, also of requests that failed', async () => {
    const metrics = new ServiceMetrics();
    metrics.requestFinished({
      ...ANSWERED,
      windows: 5,
      shortWindows: 4,
      shortContextReruns: { unlikely: 2, unended: 1 },
    });
    metrics.requestFinished({ ...ANSWERED, outcome: 'request_timeout', status: 504, shortWindows: 1 });
    metrics.requestFinished(ANSWERED);
    const text = await scrape(metrics);
    expect(text.value('stt_short_context_windows_total')).toBe(5);
    expect(SHORT_CONTEXT_DOUBTS.map((cause) => text.value('stt_short_context_reruns_total', { cause }))).toEqual([
      1, 0, 0, 2, 0,
    ]);
  });

  it('write each histogram with buckets that add up to its count', async () => {
    const metrics = new ServiceMetrics();
    metrics.requestFinished(ANSWERED);
    metrics.requestFinished({ ...ANSWERED, encodeMs: 120_000 });
    const text = await scrape(metrics);
    const { samples } = text.metric('stt_encode_seconds');
    const buckets = samples.filter(({ series }) => series.endsWith('_bucket'));
    expect(buckets.map(({ labels }) => labels.le)).toEqual([...METRICS.encode.buckets.map(String), '+Inf']);
    expect(buckets.find(({ labels }) => labels.le === '0.2')?.value).toBe(0);
    expect(buckets.find(({ labels }) => labels.le === '0.3')?.value).toBe(1);
    expect(buckets.find(({ labels }) => labels.le === '60')?.value).toBe(1);
    expect(buckets.at(-1)?.value).toBe(2);
  });
});

describe('the version of the server', () => {
  it('is that of its package', () => {
    const file = path.join(REPOSITORY, 'service/package.json');
    expect((JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version).toBe(VERSION);
  });
});

describe('the definitions of the metrics', () => {
  const definitions: readonly MetricDefinition[] = Object.values(METRICS);

  it('follow the conventions of Prometheus: a prefix, base units, _total on counters alone', () => {
    for (const { name, type, unit } of definitions) {
      expect(name).toMatch(/^stt(_[a-z]+)+$/);
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      for (const suffix of ['seconds', 'bytes', 'ratio'] as const) {
        expect([name, new RegExp(`_${suffix}(_total)?$`).test(name)]).toEqual([name, unit === suffix]);
      }
    }
    expect(new Set(definitions.map(({ name }) => name)).size).toBe(definitions.length);
  });

  it('give histograms buckets that rise', () => {
    for (const { name, type, buckets } of definitions) {
      expect([name, buckets !== undefined]).toEqual([name, type === 'histogram']);
      expect([name, [...(buckets ?? [])].sort((a, b) => a - b)]).toEqual([name, buckets ?? []]);
    }
  });

  it('have room for every outcome of the catalogue of errors', () => {
    expect(METRICS.finished.labels.outcome).toEqual({ atMost: expect.any(Number) as number });
    const { outcome } = METRICS.finished.labels as MetricDefinition['labels'];
    expect(outcome && 'atMost' in outcome ? outcome.atMost : 0).toBeGreaterThan(Object.keys(ERROR_KINDS).length);
  });

  it('know all that speaks against a segment, by the words of the decoder', () => {
    const reasons: Readonly<Record<HallucinationReason, true>> = {
      silence: true,
      'stock-phrase': true,
      repetition: true,
      rate: true,
      'word-anomaly': true,
      unlikely: true,
    };
    expect(HALLUCINATION_REASONS).toEqual(Object.keys(reasons));
  });

  it('know all that speaks against a text at short context, by the words of the decoder', () => {
    const doubts: Readonly<Record<ShortContextDoubt, true>> = {
      unended: true,
      repetition: true,
      'no-speech': true,
      unlikely: true,
      language: true,
    };
    expect(SHORT_CONTEXT_DOUBTS).toEqual(Object.keys(doubts));
  });
});
