import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Released audio after which garbage is collected: in a process of a few hundred MiB, what may lie about unused. */
const COLLECT_AFTER_BYTES = 32 * 2 ** 20;

let gc: (() => void) | undefined;

/**
 * Collects the garbage of this thread now; a few milliseconds, since the heap is small and the samples lie outside it.
 *
 * Samples that nobody refers to any more are memory in use until V8 collects, and it is in no hurry: it sees a small
 * heap, not the container's limit, and a thread that waits for work does not collect at all. Node 20 knows no other way
 * to give an ArrayBuffer's memory back.
 */
export function collectGarbage(): void {
  if (!gc) {
    setFlagsFromString('--expose-gc'); // counts for contexts that are made from here on
    gc = runInNewContext('gc') as () => void;
  }
  gc();
}

/** Collects garbage whenever much memory has been released in a thread. */
export class ReleasedMemory {
  private bytes = 0;

  constructor(private readonly collect: () => void = collectGarbage) {}

  /** @param bytes what nobody refers to any more */
  add(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes < COLLECT_AFTER_BYTES) return;
    this.bytes = 0;
    this.collect();
  }
}
