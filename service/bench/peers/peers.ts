import type { DriverOptions } from './drivers/driver-protocol';

/** How a peer serves several clients at once. */
export interface LoadLayout {
  /** In words, for the table. */
  readonly name: string;
  readonly processes: number;
  readonly options: Pick<DriverOptions, 'threads' | 'workers' | 'batch'>;
}

export interface PeerDefinition {
  readonly id: string;
  readonly title: string;
  /** `server` is this repository's: where more than a single window counts, the real one answers over HTTP. */
  readonly kind: 'server' | 'python' | 'node';
  /** File of drivers/, or with_*.py of python/. */
  readonly driver: string;
  /** Its model in the folder of the weights. */
  readonly model: string;
  readonly precision?: DriverOptions['precision'];
  /** What it does by itself where nothing is stated, where that differs from what the first table states. */
  readonly asItComes?: string;
  /**
   * The best of them at eight clients is the one that counts. None where nobody serves with it: neither several clients nor
   * long files are measured then.
   */
  readonly layouts: readonly LoadLayout[];
  /** A setting of this server that matters to single windows alone: no more than their time is measured of it. */
  readonly latencyOnly?: true;
  /** Whether its long file is measured in other lengths, too: of all of them it would take an hour. */
  readonly hasOtherLengths?: true;
  /** Windows of 30 s that its own way with long audio makes of ten minutes. */
  readonly longFileWindows?: number;
}

/** Folder of the model as `whisper-stt compile-model` writes it. */
export const COMPILED = 'compiled';
/** All that an engine may use: the machine's two CPUs. */
export const THREADS = 2;

const ONE_PROCESS: LoadLayout = { name: '1 process × 2 threads', processes: 1, options: { threads: 2 } };
const TWO_PROCESSES: LoadLayout = { name: '2 processes × 1 thread', processes: 2, options: { threads: 1 } };
const BATCHES: LoadLayout = {
  name: 'batches of up to 8 × 2 threads',
  processes: 1,
  options: { threads: 2, batch: 8 },
};
const SERVER: LoadLayout = { name: 'the server over HTTP', processes: 1, options: { threads: THREADS } };
const WINDOWS = 20;

export const PEERS: readonly PeerDefinition[] = [
  {
    id: 'ours-compiled-int8',
    title: 'this server, compiled, int8',
    kind: 'server',
    driver: 'ours',
    model: COMPILED,
    precision: 'int8',
    layouts: [SERVER],
    hasOtherLengths: true,
  },
  {
    id: 'ours-short-context',
    title: 'this server, compiled, int8, short context',
    kind: 'server',
    driver: 'ours-short-context',
    model: COMPILED,
    precision: 'int8',
    layouts: [],
    latencyOnly: true,
  },
  {
    id: 'ours-compiled-fp32',
    title: 'this server, compiled, fp32',
    kind: 'server',
    driver: 'ours',
    model: COMPILED,
    precision: 'fp32',
    layouts: [],
  },
  {
    id: 'ours-int8',
    title: 'this server, published layout, int8',
    kind: 'server',
    driver: 'ours',
    model: 'model',
    precision: 'int8',
    layouts: [SERVER],
  },
  {
    id: 'transformers-js',
    title: 'transformers.js, fp32',
    kind: 'node',
    driver: 'transformers-js',
    model: 'model',
    precision: 'fp32',
    layouts: [ONE_PROCESS, TWO_PROCESSES],
    // Its pipeline with chunk_length_s=30 hears 5 s on each side of a window twice: windows advance by 20 s.
    longFileWindows: 30,
  },
  {
    id: 'transformers-js-q8',
    title: 'transformers.js, q8',
    kind: 'node',
    driver: 'transformers-js',
    model: 'model',
    precision: 'int8',
    layouts: [ONE_PROCESS, TWO_PROCESSES],
    longFileWindows: 30,
  },
  {
    id: 'faster-whisper',
    title: 'faster-whisper, int8',
    kind: 'python',
    driver: 'faster_whisper',
    model: 'ctranslate2',
    asItComes: '4 threads, 5 beams',
    layouts: [
      { name: '1 worker × 2 threads', processes: 1, options: { threads: 2 } },
      { name: '2 workers × 1 thread', processes: 1, options: { threads: 1, workers: 2 } },
      BATCHES,
      { name: '2 workers, batches of up to 4', processes: 1, options: { threads: 1, workers: 2, batch: 4 } },
    ],
    longFileWindows: WINDOWS,
  },
  {
    id: 'whisper-cpp',
    title: 'whisper.cpp, q8_0',
    kind: 'python',
    driver: 'whisper_cpp',
    model: 'whisper.cpp/ggml-q8_0.bin',
    layouts: [ONE_PROCESS, TWO_PROCESSES],
    longFileWindows: WINDOWS,
  },
  {
    id: 'sherpa-onnx',
    title: 'sherpa-onnx, int8',
    kind: 'node',
    driver: 'sherpa-onnx',
    model: 'sherpa-onnx',
    asItComes: '1 thread; 10 s of padding, not the whole window; 6 tokens for each second of sound',
    layouts: [ONE_PROCESS, { name: '2 workers × 1 thread', processes: 1, options: { threads: 1, workers: 2 } }],
    longFileWindows: WINDOWS,
  },
  {
    id: 'openai-whisper',
    title: 'openai-whisper, fp32',
    kind: 'python',
    driver: 'openai_whisper',
    model: 'openai-whisper/model.pt',
    layouts: [],
  },
  {
    id: 'transformers',
    title: 'transformers, bf16',
    kind: 'python',
    driver: 'transformers',
    model: 'model',
    layouts: [],
  },
];

/** Whether nothing but the time of a window is measured of a peer. */
export function isLatencyOnly(id: PeerDefinition['id']): boolean {
  return PEERS.some((peer) => peer.id === id && peer.latencyOnly === true);
}
