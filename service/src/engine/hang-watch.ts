import { SilenceMeter } from './silence-meter';

/** Silence that is no hang on any machine, in milliseconds. */
const MIN_LIMIT_MS = 5000;
/** The slowest interval may have come about on an idle machine. */
const SLOWEST_TIMES = 20;
/** What the slowest interval loses with each further one: a single stall does not count for ever. */
const FORGET = 0.98;

/** Tells a hang from slow work, by what the same process has shown so far. */
export class HangWatch {
  private readonly meter = new SilenceMeter();
  private slowestMs = 0;

  /** Work begins: something should be heard from now on. */
  begin(nowMs: number): void {
    this.meter.heard(nowMs);
  }

  /** The work shows a sign of life. */
  heard(nowMs: number): void {
    this.expectAtLeast(this.meter.heard(nowMs));
  }

  /** An interval that is known from elsewhere. */
  expectAtLeast(intervalMs: number): void {
    this.slowestMs = Math.max(intervalMs, FORGET * this.slowestMs);
  }

  /** Silence above which it is a hang, in milliseconds. */
  get limitMs(): number {
    return Math.max(MIN_LIMIT_MS, SLOWEST_TIMES * this.slowestMs);
  }

  /** To be called several times a second while there is work. */
  isHang(nowMs: number): boolean {
    return this.meter.look(nowMs) > this.limitMs;
  }
}
