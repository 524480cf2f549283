/**
 * Most of a silence that one look counts. A server that did not get the CPU, or was stopped, has not listened meanwhile:
 * what it did not hear is nobody's silence. Between two looks it reads what has come.
 */
const LONGEST_STEP_MS = 500;

/** Measures how long nothing was heard of somebody, in time that the listener was awake. */
export class SilenceMeter {
  private silentMs = 0;
  private lookedAtMs = 0;

  /**
   * Something was heard, or is expected from now on.
   *
   * @returns the length of the silence before it
   */
  heard(nowMs: number): number {
    const silentMs = this.look(nowMs);
    this.silentMs = 0;
    return silentMs;
  }

  /** To be called several times a second. @returns the length of the silence */
  look(nowMs: number): number {
    this.silentMs += Math.min(nowMs - this.lookedAtMs, LONGEST_STEP_MS);
    this.lookedAtMs = nowMs;
    return this.silentMs;
  }
}
