/** The share follows a lasting change to two thirds in this time, in milliseconds. */
const TIME_CONSTANT_MS = 2500;

/**
 * The share of the time lately in which there was more than one piece of work at once: an exponentially weighted mean
 * over time, so that neither a burst nor a gap between two requests decides by itself.
 */
export class Crowding {
  private mean = 0;
  private crowded = false;
  private sinceMs = 0;

  /** @param pieces of work from now on, those that run and those that wait */
  note(pieces: number, nowMs: number): void {
    this.mean = this.share(nowMs);
    this.sinceMs = nowMs;
    this.crowded = pieces > 1;
  }

  /** Whether there is more than one now. */
  get isCrowded(): boolean {
    return this.crowded;
  }

  /** In 0…1. */
  share(nowMs: number): number {
    const target = this.crowded ? 1 : 0;
    return target + (this.mean - target) * Math.exp((this.sinceMs - nowMs) / TIME_CONSTANT_MS);
  }
}
