/** One packet of a fast network, and most fields of a form. */
const FIRST_BYTES = 64 * 1024;
/** As many times what has come is made room for, where that many bytes are expected: what a body that lies costs at most. */
const TRUST = 8;

/**
 * Bytes in one array, while they come. Pieces put together at the end would be in memory twice at that moment, the largest
 * uploads with them.
 */
export class ArrivingBytes {
  private room = new Uint8Array(0);
  private count = 0;

  /** @param expectedBytes how many will come, or a few more; without it there is room for at most twice what came */
  constructor(private readonly expectedBytes?: number) {}

  get length(): number {
    return this.count;
  }

  add(piece: Uint8Array): void {
    const needed = this.count + piece.length;
    if (needed > this.room.length) this.makeRoom(needed);
    this.room.set(piece, this.count);
    this.count = needed;
  }

  /** All that came; its ArrayBuffer may have room behind it, and nobody else's bytes. */
  get bytes(): Uint8Array {
    return this.room.subarray(0, this.count);
  }

  private makeRoom(needed: number): void {
    const { expectedBytes = Infinity } = this;
    const doubled = Math.max(2 * this.room.length, FIRST_BYTES);
    const isNear = expectedBytes >= needed && expectedBytes <= TRUST * needed;
    const larger = new Uint8Array(isNear ? expectedBytes : Math.max(needed, doubled));
    larger.set(this.bytes);
    this.room = larger;
  }
}
