/** Samples of unknown number, collected in one growing array. */
export class SampleBuffer {
  private samples: Float32Array;
  private used = 0;

  /** @param expectedLength room to begin with; untouched room costs address space, not memory */
  constructor(expectedLength: number) {
    this.samples = new Float32Array(expectedLength);
  }

  get length(): number {
    return this.used;
  }

  /** Makes room for `count` samples, to be filled by the caller at once. */
  extend(count: number): Float32Array {
    const needed = this.used + count;
    if (needed > this.samples.length) {
      const grown = new Float32Array(Math.max(needed, Math.ceil(this.samples.length * 1.5)));
      grown.set(this.samples.subarray(0, this.used));
      this.samples = grown;
    }
    const room = this.samples.subarray(this.used, needed);
    this.used = needed;
    return room;
  }

  /** What was collected, in an ArrayBuffer of exactly its size, ready to be transferred to another thread. */
  take(): Float32Array {
    return this.used === this.samples.length ? this.samples : this.samples.slice(0, this.used);
  }
}
