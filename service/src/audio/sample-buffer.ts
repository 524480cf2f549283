import { collectGarbage } from './garbage-collection';

/**
 * Samples of a block: 64 MiB, or 17 minutes at 16 kHz. So large on purpose. The allocator hands out memory of more than
 * 32 MiB (glibc's largest M_MMAP_THRESHOLD, mallopt(3)) as pages of its own, which cost nothing until they are written
 * and go back to the system as soon as they are free; and audio of the usual lengths needs no second block.
 */
const BLOCK_SAMPLES = 2 ** 24;

/** Samples of unknown number, collected in blocks that are joined once, at the end. */
export class SampleBuffer {
  private readonly blocks: Float32Array[];
  /** Samples in each block; it may end before the block does. */
  private readonly used: number[] = [0];

  /** @param expectedLength size of the first block, where the number is known; untouched room costs no memory */
  constructor(expectedLength = BLOCK_SAMPLES) {
    this.blocks = [new Float32Array(expectedLength)];
  }

  /** Makes room for `count` samples, to be filled by the caller at once. */
  extend(count: number): Float32Array {
    if (this.used.at(-1)! + count > this.blocks.at(-1)!.length) {
      this.blocks.push(new Float32Array(Math.max(count, BLOCK_SAMPLES)));
      this.used.push(0);
    }
    const start = this.used.at(-1)!;
    this.used[this.used.length - 1] = start + count;
    return this.blocks.at(-1)!.subarray(start, start + count);
  }

  /**
   * What was collected, as the last use of this buffer. It lies at the beginning of an ArrayBuffer that holds nothing
   * else and is ready to be transferred to another thread.
   */
  take(): Float32Array {
    const length = this.used.reduce((sum, count) => sum + count, 0);
    const [first] = this.blocks;
    // The copy of a part that is small costs less than the address space of the whole, which others may have to share.
    if (this.blocks.length === 1 && 2 * length >= first!.length) return first!.subarray(0, length);
    const joined = new Float32Array(length);
    let at = 0;
    for (const count of this.used) {
      const block = this.blocks.shift()!;
      joined.set(block.subarray(0, count), at);
      at += count;
      // One by one, so that the memory holds one block more than the audio, and not the audio twice.
      if (this.blocks.length > 0) collectGarbage();
    }
    return joined;
  }
}
