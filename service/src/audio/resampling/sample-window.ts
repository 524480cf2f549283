/**
 * The stretch of a signal that a filter can see: new samples enter at the end, those that no output needs any more
 * leave at the beginning. Held at double precision: to convert each sample once is cheaper than at every tap.
 */
export class SampleWindow {
  samples: Float64Array;
  length: number;

  /** @param leadingZeros silence before the first sample, so that the first output's filter has something to see */
  constructor(leadingZeros: number) {
    this.samples = new Float64Array(leadingZeros);
    this.length = leadingZeros;
  }

  append(samples: Float32Array | Float64Array): void {
    this.grow(samples.length);
    this.samples.set(samples, this.length - samples.length);
  }

  appendZeros(count: number): void {
    this.grow(count);
    this.samples.fill(0, this.length - count, this.length);
  }

  /** Forgets the first `count` samples. */
  drop(count: number): void {
    this.samples.copyWithin(0, count, this.length);
    this.length -= count;
  }

  private grow(count: number): void {
    this.length += count;
    if (this.length <= this.samples.length) return;
    const grown = new Float64Array(Math.max(this.length, 2 * this.samples.length));
    grown.set(this.samples);
    this.samples = grown;
  }
}
