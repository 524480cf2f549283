/**
 * The contract between the two halves: the names that the construct writes into manifests and the server reads back.
 *
 * This file imports nothing, so that both halves can import it, and it is the only file of `lib/` that the server may
 * import. A name or a default that stands in a manifest and in the server's configuration has its one place here.
 *
 * It is not part of the construct library's public API (`lib/index.ts` does not export it).
 */

/** Names of the environment variables that the server reads. */
export const ENV = {
  /** Address to listen on. */
  host: 'STT_HOST',
  /** TCP port to listen on. */
  port: 'STT_PORT',
  /** Whisper model: a folder name below the model store (`nano`, `tiny`, `base`, …). */
  model: 'STT_MODEL',
  /** Folder that holds one folder a model, each in the layout that Hugging Face publishes. */
  modelStore: 'STT_MODEL_STORE',
  /** Where ONNX Runtime runs the model: `cpu` or `gpu`. */
  device: 'STT_DEVICE',
  /** Precision of the weights: `int8` or `fp32`. */
  quantization: 'STT_QUANTIZATION',
  /** What decides where somebody speaks: one of {@link VOICE_ACTIVITY_DETECTORS}. */
  voiceActivity: 'STT_VOICE_ACTIVITY',
  /** Longest time that one transcription request may take, in seconds. */
  requestTimeoutSeconds: 'STT_REQUEST_TIMEOUT_SECONDS',
  /** Time between SIGTERM and the close of the listener, in seconds: endpoints are withdrawn meanwhile. */
  drainDelaySeconds: 'STT_DRAIN_DELAY_SECONDS',
  /** Requests that may wait for the engine before further ones are refused with `overloaded`. */
  maxQueue: 'STT_MAX_QUEUE',
  /** Longest audio that is accepted, in seconds after decoding. */
  maxAudioSeconds: 'STT_MAX_AUDIO_SECONDS',
  /** Largest request body, in bytes. */
  maxBodyBytes: 'STT_MAX_BODY_BYTES',
  /**
   * File that holds the API keys which callers must give one of, one a line; without it everybody is served. The keys
   * themselves never stand in the environment.
   */
  apiKeysFile: 'STT_API_KEYS_FILE',
  /** Requests that one API key may have in at once; 0 is no limit. */
  maxRequestsPerCaller: 'STT_MAX_REQUESTS_PER_CALLER',
  /** Names of models that requests may give: one of {@link MODEL_NAMES}. */
  modelNames: 'STT_MODEL_NAMES',
  /**
   * Origins whose web pages may call the server, separated by commas; `*` is every origin. Without it browsers refuse
   * to show its answers to any page.
   */
  corsOrigins: 'STT_CORS_ORIGINS',
  /**
   * Predicted wait from which on the readiness probe fails, in seconds, so that other pods get the next requests; 0
   * is never.
   */
  readyMaxWaitSeconds: 'STT_READY_MAX_WAIT_SECONDS',
  /** Resident memory of the engine's process from which on it is replaced between two windows, in MiB; 0 is never. */
  engineMaxMebibytes: 'STT_ENGINE_MAX_MIB',
  /** Level of the log: one of {@link LOG_LEVELS}. */
  logLevel: 'STT_LOG_LEVEL',
  /** Whether transcripts stand in the log: one of {@link LOG_TRANSCRIPTS}. */
  logTranscripts: 'STT_LOG_TRANSCRIPTS',
  /**
   * OpenMP's thread count. ONNX Runtime does not read it; the deployment document states it, so manifests carry it,
   * and the server compares it with the CPUs that it may use.
   */
  ompThreads: 'OMP_NUM_THREADS',
  /** MKL's thread count; see {@link ENV.ompThreads}. */
  mklThreads: 'MKL_NUM_THREADS',
} as const;

/** What every variable of the server's own begins with. One that does and means nothing is a fault. */
export const ENV_PREFIX = 'STT_';

/**
 * Whether a variable is one of those that Kubernetes adds for each Service of the namespace: `STT_SERVICE_SERVICE_HOST`,
 * `STT_SERVICE_PORT_8000_TCP`, ….
 */
export function isServiceLink(name: string): boolean {
  return /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$/.test(name);
}

/** Port of the server inside the container (that of the service it replaces). */
export const CONTAINER_PORT = 8000;

/** Name of the container's port and of the Service's port. */
export const PORT_NAME = 'http';

/** Paths that the kubelet probes. */
export const PROBE_PATHS = {
  /** Answers 200 as long as the process can answer at all. */
  liveness: '/livez',
  /** Answers 200 while the engine is warm and the server is not draining. */
  readiness: '/readyz',
  /** Answers 200 from the moment the engine has first been warm. */
  startup: '/startupz',
} as const;

/** Path of the Prometheus metrics. */
export const METRICS_PATH = '/metrics';

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
 * {@link ENV.requestTimeoutSeconds}, which nothing outlasts.
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

/** Why an engine process is replaced: it died, it stopped answering, or it had grown and was replaced in time. */
export const RESTART_REASONS = ['crash', 'hang', 'memory'] as const;

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
    help: 'The model that is loaded; the digests of its weights (sha256) are empty where it came without checksums',
    labels: { name: FACT, quantization: FACT, encoder_sha256: FACT, decoder_sha256: FACT },
  },
  buildInfo: {
    name: 'stt_build_info',
    type: 'gauge',
    unit: '1',
    help: 'The server and the Node.js that runs it',
    labels: { version: FACT, node: FACT },
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** Exit codes of the server process. */
export const EXIT_CODES = {
  /** Stopped on request, with everything in flight answered. */
  ok: 0,
  /** The drain did not finish in time: requests were cut off. */
  drainTimeout: 1,
  /** The environment is faulty (sysexits.h EX_CONFIG). */
  configuration: 78,
  /** The engine could not be started, or was lost too often in a row (sysexits.h EX_SOFTWARE). */
  engine: 70,
} as const;

/** Precisions that the server has model files for. */
export const QUANTIZATIONS = ['int8', 'fp32'] as const;

/** `silero`: an energy gate, and behind it a network that tells speech from music and noise. `energy`: the gate alone. */
export const VOICE_ACTIVITY_DETECTORS = ['silero', 'energy'] as const;

/**
 * `any`: whatever name a request gives, the loaded model serves it; agents send names such as `gpt-4o-mini-transcribe`
 * without being asked. `known`: the loaded model's own names and those that clients send by default; others are refused.
 */
export const MODEL_NAMES = ['any', 'known'] as const;

/** What people say is nobody's business who reads a log. */
export const LOG_TRANSCRIPTS = ['off', 'on'] as const;

/** Devices that a manifest can name. */
export const DEVICES = ['cpu', 'gpu'] as const;

/** Levels of the log, from everything to nothing. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Defaults, by the keys of {@link ENV}; the construct states those that bear on the deployment in the manifest. */
export const DEFAULTS = {
  /** Inside a container the manifest says `0.0.0.0`; by hand nothing else on the network can reach the server. */
  host: '127.0.0.1',
  port: CONTAINER_PORT,
  device: 'cpu',
  quantization: 'int8',
  voiceActivity: 'silero',
  requestTimeoutSeconds: 60,
  drainDelaySeconds: 0,
  maxQueue: 64,
  /**
   * A 25 MiB body of 16 kHz 16-bit audio is 819 s; compressed files may hold more. A quarter of an hour is 58 MB once
   * decoded, and the server holds two of them.
   */
  maxAudioSeconds: 900,
  /** OpenAI's limit: 25 MiB. */
  maxBodyBytes: 26_214_400,
  maxRequestsPerCaller: 0,
  modelNames: 'any',
  readyMaxWaitSeconds: 0,
  engineMaxMebibytes: 0,
  logLevel: 'info',
  logTranscripts: 'off',
} as const;

/** What the server takes, by the keys of {@link ENV}; the construct checks it too. */
export const RANGES = {
  requestTimeoutSeconds: { min: 1, max: 3600 },
  drainDelaySeconds: { min: 0, max: 300 },
  maxQueue: { min: 1, max: 10_000 },
  /** A day. */
  maxAudioSeconds: { min: 1, max: 86_400 },
  /** 1 KiB to 1 GiB. */
  maxBodyBytes: { min: 1024, max: 2 ** 30 },
  maxRequestsPerCaller: { min: 0, max: 10_000 },
  readyMaxWaitSeconds: { min: 0, max: 3600 },
  /** Up to a tebibyte. */
  engineMaxMebibytes: { min: 0, max: 2 ** 20 },
} as const;

/** What the server holds of requests at once, beside its model: its memory, and so the pod's, follows from it. */
export const HELD_AT_ONCE = {
  /** Uploads in memory, in bytes, at least; with a larger {@link ENV.maxBodyBytes}, {@link HELD_AT_ONCE.bodies} of them. */
  uploadBytes: 64 * 2 ** 20,
  bodies: 2,
  /** Longest audios: one in transcription and the next, or two that are decoded. */
  audios: 2,
} as const;

/** Of 16 kHz mono audio as it is held once decoded: 16 000 samples of 4 bytes. */
const DECODED_BYTES_PER_SECOND = 64_000;

/**
 * Memory that requests can take beyond what they do with the defaults, for which {@link MODEL_MEMORY_MEBIBYTES} holds.
 *
 * @returns whole mebibytes; 0 where nothing was raised
 */
export function extraRequestMebibytes(settings: {
  readonly maxBodyBytes: number;
  readonly maxAudioSeconds: number;
}): number {
  const uploads =
    Math.max(HELD_AT_ONCE.uploadBytes, HELD_AT_ONCE.bodies * settings.maxBodyBytes) - HELD_AT_ONCE.uploadBytes;
  const longer = Math.max(0, settings.maxAudioSeconds - DEFAULTS.maxAudioSeconds);
  return Math.ceil((uploads + HELD_AT_ONCE.audios * DECODED_BYTES_PER_SECOND * longer) / 2 ** 20);
}

/**
 * Memory of a pod at its peak, in MiB, by the size of its Whisper and the precision of its weights.
 *
 * Tiny was measured, as the peak of the server's two processes over the load and three transcriptions of 30 s windows:
 * 128 + 345 MiB in int8, 128 + 676 MiB in fp32 (random weights of tiny's shapes, ONNX Runtime without its arena, 2
 * threads, AVX-512). Base and small are estimates from parameter counts (39, 74 and 244 million): the engine's share fits
 * 232 MiB + 3 × the size of the weights, to which their larger attention scores and caches are added. Nano's is what six files at once took that unfold
 * to the longest audio, 290 MiB in int8, and three times the difference of its weights in fp32.
 */
export const MODEL_MEMORY_MEBIBYTES = {
  nano: { int8: 300, fp32: 320 },
  tiny: { int8: 512, fp32: 832 },
  base: { int8: 704, fp32: 1280 },
  small: { int8: 1472, fp32: 3520 },
} as const;

/** What {@link MODEL_MEMORY_MEBIBYTES} was estimated with, for models that nobody measured: 128 + 232 MiB, and 3 × the weights. */
export const MODEL_MEMORY_ESTIMATE = { fixedMebibytes: 360, perByteOfWeights: 3 } as const;

/** Times that make a graceful end, in seconds; the grace period is their sum. */
export const DRAIN = {
  /** Time for Endpoints to be withdrawn everywhere before the listener closes. */
  endpointPropagationSeconds: 5,
  /** Margin between the longest request's end and the kubelet's SIGKILL. */
  marginSeconds: 10,
} as const;

/** Where the model store lies inside the image. */
export const IMAGE_MODEL_STORE = '/models';
