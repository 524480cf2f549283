import { readFileSync } from 'node:fs';

/** Linux's names of the instructions: VNNI of x86 in its two encodings, dot products of ARMv8.2. */
const INT8_DOT_PRODUCTS = /\b(?:avx512_vnni|avx_vnni|asimddp)\b/;

/**
 * Whether the processor multiplies and adds 8-bit integers in 32 bits.
 *
 * @param cpuInfo where the kernel tells it; a processor that cannot be asked is taken for one that does not.
 */
export function hasInt8DotProducts(cpuInfo = '/proc/cpuinfo'): boolean {
  try {
    return INT8_DOT_PRODUCTS.test(readFileSync(cpuInfo, 'utf8'));
  } catch {
    return false;
  }
}
