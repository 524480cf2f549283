import { Size } from 'cdk8s';
import { MODEL_MEMORY_MEBIBYTES, type QUANTIZATIONS } from './contract';

/** What a pod needs to run a model. */
export interface ModelNeeds {
  /** Memory at its peak, while the model is loaded or speech is transcribed. */
  readonly memory: Size;

  /** Whether the memory was measured, on a model of exactly these shapes, or computed from the number of parameters. */
  readonly measured: boolean;

  /** Working set while nobody calls, in MiB: what a memory target of the autoscaler sees. */
  readonly idleMebibytes: number;

  /** Whether that was measured, or is a share of the memory at its peak. */
  readonly idleMeasured: boolean;

  /** CPUs below which speech is transcribed too slowly to talk with. */
  readonly cpus: number;
}

type MemoryByPrecision = Readonly<Record<(typeof QUANTIZATIONS)[number], number>>;

/** What is known of a size of Whisper, whatever its languages. */
interface ModelSize {
  readonly memoryMebibytes: MemoryByPrecision;
  readonly measured: boolean;
  /** Undefined where nobody measured it. */
  readonly idleMebibytes?: MemoryByPrecision;
  readonly cpus: number;
}

/**
 * Memory: the contract's, where it says what was measured and what is estimated.
 *
 * Idle: the working set of the server with tiny in a memory cgroup, without inactive file pages as the kubelet counts,
 * 20 s after ten transcriptions: 278 MiB in int8, taken as 280, and 565 MiB in fp32. Since the engine gives freed memory
 * back it is less, and the figures stay as a margin; test/cluster/node compares them with the metrics API.
 *
 * CPUs: openai-whisper takes 0.15, 0.28 and 0.89 core hours an hour of audio for tiny, base and small
 * (github.com/Picovoice/speech-to-text-benchmark), so that small is six times the work of tiny.
 */
const TINY: ModelSize = {
  memoryMebibytes: MODEL_MEMORY_MEBIBYTES.tiny,
  measured: true,
  idleMebibytes: { int8: 280, fp32: 565 },
  cpus: 2,
};
const BASE: ModelSize = { memoryMebibytes: MODEL_MEMORY_MEBIBYTES.base, measured: false, cpus: 2 };
const SMALL: ModelSize = { memoryMebibytes: MODEL_MEMORY_MEBIBYTES.small, measured: false, cpus: 4 };

/** Share of its need that a server keeps when idle: tiny has 278 of 512Mi in int8, and 565 of 832Mi in fp32. */
const ASSUMED_IDLE_SHARE = 0.7;

/** By the folder that the model has in the model store. */
const SIZES: ReadonlyMap<string, ModelSize> = new Map([
  ['tiny', TINY],
  ['tiny.en', TINY],
  ['base', BASE],
  ['base.en', BASE],
  ['small', SMALL],
  ['small.en', SMALL],
]);

/**
 * What a published Whisper model needs.
 *
 * @param folder folder of the model in the model store
 * @param quantization precision of the weights
 * @returns undefined for what is not known: a model of the user's own
 */
export function modelNeeds(folder: string, quantization: keyof MemoryByPrecision): ModelNeeds | undefined {
  const size = SIZES.get(folder);
  if (!size) {
    return undefined;
  }
  const peak = size.memoryMebibytes[quantization];
  const idle = size.idleMebibytes?.[quantization];
  return {
    memory: Size.mebibytes(peak),
    measured: size.measured,
    idleMebibytes: idle ?? Math.round(peak * ASSUMED_IDLE_SHARE),
    idleMeasured: idle !== undefined,
    cpus: size.cpus,
  };
}
