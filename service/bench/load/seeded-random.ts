/** Random numbers that are the same in every run (mulberry32, Tommy Ettinger 2017). */
export class SeededRandom {
  constructor(private state: number) {}

  /** Uniform in [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw new RangeError('there is nothing to pick from');
    return items[Math.floor(this.next() * items.length)]!;
  }

  /** Time until the next event of a Poisson process, in the unit of its mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }
}
