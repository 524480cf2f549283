/**
 * Huge pages for the memory that malloc gives out: a decoding step reads all weights, and with pages of 4 KiB much of
 * its time goes into address translation. They are asked for; the kernel gives them unless its transparent huge pages are
 * `never`. GNU's malloc alone reads this, from 2.35 on. docs/configuration.md has the figures.
 */
const HUGE_PAGES = 'glibc.malloc.hugetlb';

/**
 * Freed memory from here on, in bytes, goes back to the kernel. GNU's malloc starts with this value and raises it to 32
 * MiB with the tensors that it sees freed; stated, it stays, and so does the size from which on it maps memory by
 * itself. An engine at rest then keeps no room for the tensors of its last window.
 */
const TRIM_THRESHOLD = 128 * 1024;

/**
 * The engine's environment: the server's own, which goes first, and what makes it fast and small.
 *
 * @param environment the server's
 */
export function engineEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const tunables = environment.GLIBC_TUNABLES?.split(':') ?? [];
  if (!tunables.some((tunable) => tunable.startsWith(`${HUGE_PAGES}=`))) tunables.push(`${HUGE_PAGES}=1`);
  return {
    MALLOC_TRIM_THRESHOLD_: String(TRIM_THRESHOLD),
    // ONNX Runtime 1.30 reports its use where it finds a network.
    ORT_DISABLE_TELEMETRY: '1',
    // Of attention to keys and values in 8 bits (compiler/heard-window.ts): in blocks, as ONNX Runtime would have it, a few
    // new tokens take a tenth longer, and many a third.
    ORT_GQA_DISABLE_FLASH_ATTENTION: '1',
    ...environment,
    GLIBC_TUNABLES: tunables.filter(Boolean).join(':'),
  };
}
