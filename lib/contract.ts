/**
 * The contract between the two halves: the names that the construct writes into manifests and the server reads back.
 *
 * This file imports nothing, so that both halves can import it, as does `metrics.ts`, the contract's list of series: they
 * are the only files of `lib/` that the server may import. A name or a default that stands in a manifest and in the
 * server's configuration has its one place here.
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
  /** Requests that one caller, an API key or else an address, may have in at once; 0 is no limit. */
  maxRequestsPerCaller: 'STT_MAX_REQUESTS_PER_CALLER',
  /**
   * Addresses and CIDR ranges of the proxies in front of the server, separated by commas: what they say in
   * `x-forwarded-for` is believed, from nobody else.
   */
  trustedProxies: 'STT_TRUSTED_PROXIES',
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
  /** Resident memory of an engine process from which on it is replaced between two windows, in MiB; 0 is never. */
  engineMaxMebibytes: 'STT_ENGINE_MAX_MIB',
  /**
   * Whether a second engine process shares the threads under lasting load (docs/engine-layout.md): one of
   * {@link ENGINE_PROCESSES}.
   */
  engineProcesses: 'STT_ENGINE_PROCESSES',
  /**
   * Whether windows are encoded no further than their audio and a margin reach, and again whole where a guard doubts the
   * text: one of {@link SHORT_CONTEXTS}.
   */
  shortContext: 'STT_SHORT_CONTEXT',
  /** Silence that is encoded behind a window's audio at short context, in seconds. */
  shortContextMarginSeconds: 'STT_SHORT_CONTEXT_MARGIN_SECONDS',
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

/** Path of the Prometheus metrics; what they are is in `metrics.ts`. */
export const METRICS_PATH = '/metrics';

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

/** `auto`: a second process under lasting load, where there is memory for it. `1`: never. */
export const ENGINE_PROCESSES = ['auto', '1'] as const;

/**
 * `off`: every window is heard whole, 30 s of it, as Whisper was trained. `on`: no further than its audio and a margin reach,
 * several times as fast, and again whole where a guard doubts the text; its accuracy was not judged on published weights.
 */
export const SHORT_CONTEXTS = ['off', 'on'] as const;

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
  engineProcesses: 'auto',
  shortContext: 'off',
  /** 128 positions of the encoder's output, as in the measurements of whisper.cpp's issue 1855. */
  shortContextMarginSeconds: 2.56,
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
  /** Up to a whole window. */
  shortContextMarginSeconds: { min: 0, max: 30 },
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
