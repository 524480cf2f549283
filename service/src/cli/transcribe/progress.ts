/** Where progress is shown: standard error, as far as this needs to know it. */
export interface ProgressScreen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  readonly screen: ProgressScreen;
  /** Whether nothing is shown but errors. */
  readonly quiet: boolean;
  /** Files to transcribe. */
  readonly files: number;
  /** Their sizes together, in bytes: the only measure of what is left before it is decoded. */
  readonly bytes: number;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
}

/** A terminal's line is drawn anew no more often: more is a flicker. */
const REDRAW_MS = 100;
/** Elsewhere lines are kept, in logs that somebody reads. */
const LINE_MS = 5000;
const DEFAULT_COLUMNS = 80;
/** Moves to the line's start and clears it. */
const CLEAR = '\r\x1b[2K';

/** How far a run of files is: one live line on a terminal, a line now and then elsewhere. */
export class Progress {
  private readonly startedAt: number;
  private shownAt: number;
  private isDrawn = false;
  private files = 0;
  private doneBytes = 0;
  private doneAudioS = 0;
  private current = { name: '', bytes: 0, share: 0, audioS: 0 };

  constructor(private readonly options: ProgressOptions) {
    this.startedAt = options.now();
    this.shownAt = options.screen.isTTY ? -Infinity : this.startedAt;
  }

  /** A file begins. @param bytes its size; 0 where it is not known */
  begin(name: string, bytes: number): void {
    this.current = { name, bytes, share: 0, audioS: 0 };
    this.show();
  }

  /** The present file is this far, in seconds of its audio. */
  advance(audioS: number, durationS: number): void {
    this.current.audioS = audioS;
    this.current.share = durationS > 0 ? Math.min(1, audioS / durationS) : 0;
    this.show();
  }

  /** The present file has ended, well or not. @param audioS how much of its audio was transcribed, in seconds */
  end(audioS: number): void {
    this.files++;
    this.doneBytes += this.current.bytes;
    this.doneAudioS += audioS;
    this.current = { name: '', bytes: 0, share: 0, audioS: 0 };
    this.show();
  }

  /** Writes something else, and not into the live line. */
  aside(write: () => void): void {
    this.clear();
    write();
  }

  /** Takes the live line away. */
  clear(): void {
    if (this.isDrawn) this.options.screen.write(CLEAR);
    this.isDrawn = false;
  }

  /** What was done, for the last line: `0.4 min of audio in 2.1 s (12.3× real time)`. */
  get total(): string {
    const elapsedS = (this.options.now() - this.startedAt) / 1000;
    return `${minutes(this.audioS)} of audio in ${time(elapsedS)} (${this.rate})`;
  }

  private get audioS(): number {
    return this.doneAudioS + this.current.audioS;
  }

  private get rate(): string {
    const elapsedS = (this.options.now() - this.startedAt) / 1000;
    return `${(elapsedS > 0 ? this.audioS / elapsedS : 0).toFixed(1)}× real time`;
  }

  private show(): void {
    const { screen, quiet, now } = this.options;
    const interval = screen.isTTY ? REDRAW_MS : LINE_MS;
    if (quiet || now() - this.shownAt < interval) return;
    this.shownAt = now();
    if (!screen.isTTY) {
      screen.write(`${this.line()}\n`);
      return;
    }
    // A line that wraps could not be cleared.
    screen.write(`${CLEAR}${this.line().slice(0, (screen.columns ?? DEFAULT_COLUMNS) - 1)}`);
    this.isDrawn = true;
  }

  private line(): string {
    const { files, bytes, now } = this.options;
    const done = this.doneBytes + this.current.bytes * this.current.share;
    const elapsedS = (now() - this.startedAt) / 1000;
    return [
      `${this.files}/${files} files`,
      `${minutes(this.audioS)} of audio`,
      this.rate,
      // As long as nothing is done, nothing is known.
      ...(done > 0 ? [`${time((elapsedS * (bytes - done)) / done)} left`] : []),
      ...(this.current.name ? [this.current.name] : []),
    ].join(' · ');
  }
}

function minutes(seconds: number): string {
  return `${(seconds / 60).toFixed(1)} min`;
}

/** `42.1 s`, `3 min 10 s`, `2 h 5 min`. */
function time(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
