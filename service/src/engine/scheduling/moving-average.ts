/** Weight of a new value, once there are enough: what is older than some twenty of them hardly counts. */
const WEIGHT = 0.1;

/** An exponentially weighted mean; the first values count alike, so that it need not be waited for. */
export class MovingAverage {
  private count = 0;
  private mean = 0;

  /** Undefined before the first value. */
  get value(): number | undefined {
    return this.count === 0 ? undefined : this.mean;
  }

  /** All values so far count as so many times themselves. */
  scale(factor: number): void {
    this.mean *= factor;
  }

  add(value: number): void {
    this.count++;
    this.mean += Math.max(WEIGHT, 1 / this.count) * (value - this.mean);
  }
}
