/**
 * The metric series, as data: the part of the contract that the server makes its metrics of and dashboards live by.
 *
 * Like `contract.ts` this file imports nothing, so that both halves can import it, and is not part of the construct
 * library's public API (`lib/index.ts` does not export it).
 */

/** What a label can say, so that no caller can make series without end: a closed set, or at most so many values. */
export type MetricLabel = { readonly oneOf: readonly string[] } | { readonly atMost: number };

/** What is said where a label has no room for one more value. */
export const OTHER_LABEL_VALUE = 'other';

/** A metric as data: the server makes its series of it, and the table of docs/observability.md. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly unit: 'requests' | 'seconds' | 'bytes' | 'tokens' | 'tokens/s' | 'windows' | 'processes' | 'ratio' | '1';
  readonly help: string;
  readonly labels: Readonly<Record<string, MetricLabel>>;
  /** Upper bounds of a histogram, in its unit. */
  readonly buckets?: readonly number[];
}

/**
 * Upper bounds of times, in seconds. A voice agent answers within about 800 ms of the end of a sentence or sounds absent,
 * and transcription has 100 to 500 ms of that: there a bucket is at most half as long again as the one before it, so that
 * a percentile is off by half at the worst. 5 ms is what an empty queue and a short upload stay below; 60 s is the default of
 * STT_REQUEST_TIMEOUT_SECONDS, which nothing outlasts.
 */
const LATENCY_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 30, 60,
];

/** prometheus_client's defaults, which the replaced service had, and longer ones for files. */
const LEGACY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300, 900];

/** Of the server's own routes there are a dozen. */
const ROUTE: MetricLabel = { atMost: 32 };
/** `ok`, or a code of the catalogue of errors, which has about thirty. */
const OUTCOME: MetricLabel = { atMost: 64 };
/** Names of API keys; more than these share `other`. */
const KEY: MetricLabel = { atMost: 50 };
/** A fact of this process. */
const FACT: MetricLabel = { atMost: 1 };

/** Codes of the errors that turn a request away for want of room; a later try, or one at another pod, may succeed. */
export const REFUSAL_CAUSES = ['overloaded', 'rate_limit_exceeded', 'not_ready'] as const;

/** Codes of the errors that a request is answered with before it counts as one of transcription, or on another route. */
export const HTTP_ERROR_CODES = [
  'expectation_failed',
  'headers_timeout',
  'headers_too_large',
  'internal_error',
  'invalid_api_key',
  'invalid_request',
  'method_not_allowed',
  'model_not_found',
  'not_found',
  'overloaded',
  'unsupported_encoding',
  'unsupported_value',
] as const;

/** Why an engine process is replaced: it died, it stopped answering, or it had grown and was replaced in time. */
export const RESTART_REASONS = ['crash', 'hang', 'memory'] as const;

/** Why a window that was heard at short context is heard again, whole (docs/decoding.md). */
export const SHORT_CONTEXT_DOUBTS = ['unended', 'repetition', 'no-speech', 'unlikely', 'language'] as const;

/** What speaks against a segment (docs/decoding.md). */
export const HALLUCINATION_REASONS = [
  'silence',
  'stock-phrase',
  'repetition',
  'rate',
  'word-anomaly',
  'unlikely',
] as const;

/** The metric series of the replaced service, kept by name, without labels, so that its dashboards go on. */
const LEGACY = {
  requests: {
    name: 'stt_transcription_requests_total',
    type: 'counter',
    unit: 'requests',
    help: 'Transcription requests whose head has arrived',
    labels: {},
  },
  errors: {
    name: 'stt_transcription_errors_total',
    type: 'counter',
    unit: 'requests',
    help: 'Transcription requests that ended in an error, whosever fault it was',
    labels: {},
  },
  duration: {
    name: 'stt_transcription_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'From the last byte of a request to its transcript',
    labels: {},
    buckets: LEGACY_BUCKETS,
  },
  audioDuration: {
    name: 'stt_audio_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Length of the audio of a request',
    labels: {},
    buckets: LEGACY_BUCKETS,
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** All series of the server's own. Beside them /metrics has those of the process, under prom-client's names. */
export const METRICS = {
  ...LEGACY,
  received: {
    name: 'stt_requests_received_total',
    type: 'counter',
    unit: 'requests',
    help: 'Transcription requests whose head has arrived, by route',
    labels: { route: ROUTE },
  },
  finished: {
    name: 'stt_requests_finished_total',
    type: 'counter',
    unit: 'requests',
    help: 'Transcription requests that have ended, by outcome: ok, or the code of the error',
    labels: { route: ROUTE, outcome: OUTCOME },
  },
  refused: {
    name: 'stt_requests_refused_total',
    type: 'counter',
    unit: 'requests',
    help: 'Transcription requests that were turned away for want of room, by cause',
    labels: { cause: { oneOf: REFUSAL_CAUSES } },
  },
  httpErrors: {
    name: 'stt_http_errors_total',
    type: 'counter',
    unit: 'requests',
    help: 'Requests answered with an error that are none of transcription: without a valid key, to no route, no HTTP; by code',
    labels: { code: { oneOf: HTTP_ERROR_CODES } },
  },
  disconnects: {
    name: 'stt_client_disconnects_total',
    type: 'counter',
    unit: 'requests',
    help: 'Transcription requests whose client went away before its answer was complete',
    labels: {},
  },
  keyRequests: {
    name: 'stt_key_requests_total',
    type: 'counter',
    unit: 'requests',
    help: 'Transcription requests by the name of the API key',
    labels: { key: KEY },
  },
  keyAudio: {
    name: 'stt_key_audio_seconds_total',
    type: 'counter',
    unit: 'seconds',
    help: 'Audio transcribed, by the name of the API key',
    labels: { key: KEY },
  },
  requestDuration: {
    name: 'stt_request_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'From the head of a request to its transcript, the upload included; of those that got one',
    labels: { route: ROUTE },
    buckets: LATENCY_BUCKETS,
  },
  upload: {
    name: 'stt_upload_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'From the head of a request to its last byte: the client and the network',
    labels: {},
    buckets: LATENCY_BUCKETS,
  },
  audioDecode: {
    name: 'stt_audio_decode_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Decoding a file to samples',
    labels: {},
    buckets: LATENCY_BUCKETS,
  },
  queueWait: {
    name: 'stt_queue_wait_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time that the windows of a request waited for the engine, in sum',
    labels: {},
    buckets: LATENCY_BUCKETS,
  },
  firstToken: {
    name: 'stt_first_token_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'From when the audio of a request is queued for the engine to its first token',
    labels: {},
    buckets: LATENCY_BUCKETS,
  },
  encode: {
    name: 'stt_encode_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Encoding the windows of a request, in sum',
    labels: {},
    buckets: LATENCY_BUCKETS,
  },
  decode: {
    name: 'stt_decode_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Decoding the tokens of a request, in sum over its windows',
    labels: {},
    buckets: LATENCY_BUCKETS,
  },
  realTimeFactor: {
    name: 'stt_real_time_factor_ratio',
    type: 'histogram',
    unit: 'ratio',
    help: 'Time of the engine for a request over the length of its audio; below 1 is faster than it was said',
    labels: {},
    // A pod that serves several calls at once needs a fraction of 1; a short utterance costs a whole window.
    buckets: [0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 5],
  },
  tokenRate: {
    name: 'stt_decode_tokens_per_second',
    type: 'histogram',
    unit: 'tokens/s',
    help: 'Tokens of a request over the time of decoding them',
    labels: {},
    // From large weights on a slow core to the smallest ones.
    buckets: [5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000, 2000],
  },
  tokens: {
    name: 'stt_tokens_total',
    type: 'counter',
    unit: 'tokens',
    help: 'Tokens decoded',
    labels: {},
  },
  windows: {
    name: 'stt_windows_total',
    type: 'counter',
    unit: 'windows',
    help: 'Windows of at most 30 s decoded',
    labels: {},
  },
  shortWindows: {
    name: 'stt_short_context_windows_total',
    type: 'counter',
    unit: 'windows',
    help: 'Windows that were heard at short context first (STT_SHORT_CONTEXT); those heard again are among them',
    labels: {},
  },
  shortContextReruns: {
    name: 'stt_short_context_reruns_total',
    type: 'counter',
    unit: 'windows',
    help: 'Windows that were heard again, whole, by what spoke against their text at short context',
    labels: { cause: { oneOf: SHORT_CONTEXT_DOUBTS } },
  },
  uploadBytes: {
    name: 'stt_upload_bytes',
    type: 'histogram',
    unit: 'bytes',
    help: 'Size of the uploaded files',
    labels: {},
    // From half a second of speech to the default of STT_MAX_BODY_BYTES, which is the last one.
    buckets: [2 ** 14, 2 ** 16, 2 ** 17, 2 ** 18, 2 ** 19, 2 ** 20, 2 ** 21, 2 ** 22, 2 ** 23, 2 ** 24, 26_214_400],
  },
  hallucinations: {
    name: 'stt_hallucinations_total',
    type: 'counter',
    unit: '1',
    help: 'Segments that were probably never said, by what speaks against them',
    labels: { reason: { oneOf: HALLUCINATION_REASONS } },
  },
  inFlight: {
    name: 'stt_requests_in_flight',
    type: 'gauge',
    unit: 'requests',
    help: 'Transcription requests that are admitted and not answered yet',
    labels: {},
  },
  waiting: {
    name: 'stt_requests_waiting',
    type: 'gauge',
    unit: 'requests',
    help: 'Of those in flight, the ones that wait for the engine',
    labels: {},
  },
  oldestWait: {
    name: 'stt_oldest_wait_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'How long the one that waits longest has waited; 0 where none does',
    labels: {},
  },
  predictedWait: {
    name: 'stt_predicted_wait_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'Predicted time until all that is in flight is done: what a request that came now would wait',
    labels: {},
  },
  slots: {
    name: 'stt_engine_slots',
    type: 'gauge',
    unit: 'processes',
    help: 'Windows that the engine can decode at once',
    labels: {},
  },
  busySlots: {
    name: 'stt_engine_slots_busy',
    type: 'gauge',
    unit: 'processes',
    help: 'Windows that the engine decodes',
    labels: {},
  },
  engineMemory: {
    name: 'stt_engine_resident_memory_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Resident memory of the engine processes after their last piece of work; 0 while there is none',
    labels: {},
  },
  engineRestarts: {
    name: 'stt_engine_restarts_total',
    type: 'counter',
    unit: '1',
    help: 'Engine processes that were replaced, by reason',
    labels: { reason: { oneOf: RESTART_REASONS } },
  },
  engineRecovery: {
    name: 'stt_engine_recovery_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'From the loss of an engine process to its successor being warm',
    labels: {},
    buckets: LATENCY_BUCKETS,
  },
  modelInfo: {
    name: 'stt_model_info',
    type: 'gauge',
    unit: '1',
    help: 'The model that is loaded; the digests of its weights (sha256) are empty where it came without checksums, and the variant where it was not compiled',
    labels: { name: FACT, quantization: FACT, layout: FACT, variant: FACT, encoder_sha256: FACT, decoder_sha256: FACT },
  },
  buildInfo: {
    name: 'stt_build_info',
    type: 'gauge',
    unit: '1',
    help: 'The server and the Node.js that runs it',
    labels: { version: FACT, node: FACT },
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
