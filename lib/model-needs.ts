import { Size } from 'cdk8s';
import type { QUANTIZATIONS } from './contract';

/** What a pod needs to run a model. */
export interface ModelNeeds {
  /** Memory at its peak, while the model is loaded or speech is transcribed. */
  readonly memory: Size;

  /** Whether the memory was measured, on a model of exactly these shapes, or computed from the number of parameters. */
  readonly measured: boolean;

  /** CPUs below which speech is transcribed too slowly to talk with. */
  readonly cpus: number;
}

type MemoryByPrecision = Readonly<Record<(typeof QUANTIZATIONS)[number], number>>;

/** What is known of a size of Whisper, whatever its languages. */
interface ModelSize {
  readonly memoryMebibytes: MemoryByPrecision;
  readonly measured: boolean;
  readonly cpus: number;
}

/**
 * Memory: tiny was measured, as the peak of the server's two processes over the load and three transcriptions of 30 s
 * windows: 128 + 345 MiB in int8, 128 + 676 MiB in fp32 (random weights of tiny's shapes, ONNX Runtime without its
 * arena, 2 threads, AVX-512). Base and small are estimates from parameter counts (39, 74 and 244 million): the
 * measurements fit 232 MiB + 3 × the size of the weights, to which their larger attention scores and caches are added.
 *
 * CPUs: openai-whisper takes 0.15, 0.28 and 0.89 core hours an hour of audio for tiny, base and small
 * (github.com/Picovoice/speech-to-text-benchmark), so that small is six times the work of tiny.
 */
const TINY: ModelSize = { memoryMebibytes: { int8: 512, fp32: 832 }, measured: true, cpus: 2 };
const BASE: ModelSize = { memoryMebibytes: { int8: 704, fp32: 1280 }, measured: false, cpus: 2 };
const SMALL: ModelSize = { memoryMebibytes: { int8: 1472, fp32: 3520 }, measured: false, cpus: 4 };

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
  return (
    size && {
      memory: Size.mebibytes(size.memoryMebibytes[quantization]),
      measured: size.measured,
      cpus: size.cpus,
    }
  );
}
