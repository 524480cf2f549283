import type { ModelShape } from './model-shape';

/** Rows that a cache has room for at first; it doubles as it fills. */
const FIRST_CAPACITY = 64;

/**
 * Keys and values of the tokens of a text, by layer: a row for each token. A text only ever adds rows, so that texts which
 * begin alike share the rows that they have in common; whoever is the first to go on writes behind them, all others copy.
 */
export class KeyValueCache {
  private filled = 0;
  private capacity = FIRST_CAPACITY;
  private readonly halves: Float32Array[];

  constructor(private readonly shape: ModelShape) {
    this.halves = Array.from({ length: 2 * shape.decoderLayers }, () => new Float32Array(this.capacity * shape.width));
  }

  /** Keys of the first `length` tokens. */
  keys(layer: number, length: number): Float32Array {
    return this.halves[2 * layer]!.subarray(0, length * this.shape.width);
  }

  /** Values of the first `length` tokens. */
  values(layer: number, length: number): Float32Array {
    return this.halves[2 * layer + 1]!.subarray(0, length * this.shape.width);
  }

  /** A cache with the same first `length` rows, and with room for more that nobody else writes to. */
  writableFrom(length: number, added: number): KeyValueCache {
    const isMine = this.filled === length;
    const cache = isMine ? this : new KeyValueCache(this.shape);
    if (!isMine || length + added > cache.capacity) cache.takeOver(this.halves, length, length + added);
    cache.filled = length + added;
    return cache;
  }

  /** Rows of new tokens, behind `length` others. */
  write(layer: number, length: number, keys: Float32Array, values: Float32Array): void {
    this.halves[2 * layer]!.set(keys, length * this.shape.width);
    this.halves[2 * layer + 1]!.set(values, length * this.shape.width);
  }

  private takeOver(halves: readonly Float32Array[], length: number, needed: number): void {
    const { width } = this.shape;
    while (this.capacity < needed) this.capacity *= 2;
    halves.forEach((half, i) => {
      const copy = new Float32Array(this.capacity * width);
      copy.set(half.subarray(0, length * width));
      this.halves[i] = copy;
    });
  }
}
