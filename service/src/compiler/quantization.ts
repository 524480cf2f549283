import type { Matrix } from './whisper-weights';

/** Weights in 8 bits with a scale for each output, laid out [inputs, outputs] as ONNX multiplies. */
export interface ChannelInt8 {
  readonly data: Int8Array;
  readonly scales: Float32Array;
}

/**
 * Symmetric, so that products need no correction for a zero point of the weights.
 *
 * @param largest magnitude that a weight may have: 127, or 63 for processors whose 16-bit sums of two products of 8 bits
 * saturate (x86 without VNNI; ONNX Runtime's "reduce range")
 */
export function channelInt8({ outputs, inputs, data }: Matrix, largest = 127): ChannelInt8 {
  const quantized = new Int8Array(data.length);
  const scales = new Float32Array(outputs);
  for (let o = 0; o < outputs; o++) {
    const scale = Math.fround(magnitude(data.subarray(o * inputs, (o + 1) * inputs)) / largest);
    scales[o] = scale;
    for (let i = 0; i < inputs; i++) quantized[i * outputs + o] = Math.round(data[o * inputs + i]! / scale);
  }
  return { data: quantized, scales };
}

/** Weights in 8 bits with a scale for each block of inputs of each output, as MatMulNBits reads them. */
export interface BlockInt8 {
  /** [outputs, blocks, blockSize]; 128 is zero. */
  readonly data: Uint8Array;
  /** [outputs, blocks] */
  readonly scales: Float32Array;
  readonly blocks: number;
  readonly blockSize: number;
}

/** What stands for 0. */
export const BLOCK_ZERO = 128;
/** From the best to the smallest that MatMulNBits takes. */
const BLOCK_SIZES = [128, 64, 32, 16];

/** Blocks of 128 where they fit: measured to be the fastest for a single row, and finer than a scale for each output. */
export function blockInt8({ outputs, inputs, data }: Matrix): BlockInt8 {
  const blockSize = BLOCK_SIZES.find((size) => inputs % size === 0);
  if (blockSize === undefined) throw new RangeError(`blocks of 16 do not fit into ${inputs} inputs`);
  const blocks = inputs / blockSize;
  const quantized = new Uint8Array(data.length);
  const scales = new Float32Array(outputs * blocks);
  for (let b = 0; b < scales.length; b++) {
    const block = data.subarray(b * blockSize, (b + 1) * blockSize);
    scales[b] = magnitude(block) / 127;
    for (let i = 0; i < blockSize; i++) quantized[b * blockSize + i] = BLOCK_ZERO + Math.round(block[i]! / scales[b]!);
  }
  return { data: quantized, scales, blocks, blockSize };
}

/** Largest absolute value; that of nothing but zeros is 1, so that it can be divided by. */
function magnitude(values: Float32Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest || 1;
}
