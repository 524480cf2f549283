import type { Quantization } from './model-directory';

/**
 * Precisions of a compiled model. `int7` is int8 with weights of 7 bits, for processors without dot products of 8-bit
 * integers (x86 before VNNI): their sums of two products have 16 bits, which weights of 8 bits overflow.
 */
export const COMPILED_VARIANTS = ['int8', 'int7', 'fp32'] as const;

export type CompiledVariant = (typeof COMPILED_VARIANTS)[number];

/** @param hasInt8DotProducts of the processor (cpu-features.ts) */
export function compiledVariantFor(quantization: Quantization, hasInt8DotProducts: boolean): CompiledVariant {
  if (quantization === 'fp32') return 'fp32';
  return hasInt8DotProducts ? 'int8' : 'int7';
}
