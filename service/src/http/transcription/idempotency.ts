import { ApiError } from '../errors/api-error';

/** OpenAI's SDKs retry for a minute or so; ten minutes also serve a client that was restarted meanwhile. */
const KEPT_MS = 10 * 60_000;
/** A transcript of a turn is a few hundred bytes. */
const MAX_KEPT = 256;

interface Entry<Result, Progress> {
  readonly fingerprint: string;
  readonly result: Promise<Result>;
  readonly stop: AbortController;
  /** What was told so far. */
  readonly progress: Progress[];
  readonly listeners: Set<(progress: Progress) => void>;
  waiting: number;
  /** Undefined while it is being made. */
  keptUntilMs: number | undefined;
  weight: number;
}

/** How much is kept, and for how long. */
export interface Keeping<Result> {
  /** How much a result takes, in any unit. */
  readonly weigh: (result: Result) => number;
  /** Most that is kept together, in that unit. */
  readonly maxWeight: number;
  /** Clock in milliseconds. Default: performance.now() */
  readonly now?: () => number;
}

/** Who asks, for what. */
export interface Question<Progress> {
  /** Whose, and which. */
  readonly key: string;
  /** Tells one upload and its options from any other. */
  readonly fingerprint: string;
  /** Aborts when this caller waits no more. */
  readonly signal: AbortSignal;
  /** Told of the progress, also of what was made before this caller came. */
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * What was asked for under a key is done once: who asks again, while it is done or for some minutes after, gets the first
 * one's result. Work whose last caller has gone is stopped and forgotten, as is work that failed.
 */
export class IdempotentResults<Result, Progress = never> {
  private readonly entries = new Map<string, Entry<Result, Progress>>();
  private weight = 0;
  private readonly now: () => number;

  constructor(private readonly keeping: Keeping<Result>) {
    this.now = keeping.now ?? (() => performance.now());
  }

  /**
   * @param work what is done the first time; its signal aborts when nobody waits any more, and what it tells goes to all
   * who wait
   * @throws ApiError `idempotency_key_reused`; what `work` throws; the signal's reason
   */
  async run(
    { key, fingerprint, signal, onProgress }: Question<Progress>,
    work: (signal: AbortSignal, tell: (progress: Progress) => void) => Promise<Result>,
  ): Promise<Result> {
    this.forgetOld();
    signal.throwIfAborted();
    const entry = this.entries.get(key) ?? this.begin(key, fingerprint, work);
    if (entry.fingerprint !== fingerprint) {
      throw new ApiError(
        'idempotency_key_reused',
        'this idempotency-key was sent before with another upload or other options: use a new key for a new request',
      );
    }
    entry.waiting++;
    let leave = (): void => undefined;
    try {
      if (onProgress) {
        entry.progress.forEach(onProgress);
        entry.listeners.add(onProgress);
      }
      return await Promise.race([
        entry.result,
        new Promise<never>((_, reject) => {
          leave = () => {
            reject(signal.reason as Error);
          };
          signal.addEventListener('abort', leave, { once: true });
        }),
      ]);
    } finally {
      signal.removeEventListener('abort', leave);
      if (onProgress) entry.listeners.delete(onProgress);
      entry.waiting--;
      if (entry.waiting === 0 && entry.keptUntilMs === undefined) entry.stop.abort(signal.reason);
    }
  }

  private begin(
    key: string,
    fingerprint: string,
    work: (signal: AbortSignal, tell: (progress: Progress) => void) => Promise<Result>,
  ): Entry<Result, Progress> {
    const stop = new AbortController();
    const progress: Progress[] = [];
    const listeners = new Set<(progress: Progress) => void>();
    const result = work(stop.signal, (step) => {
      progress.push(step);
      for (const listener of listeners) listener(step);
    });
    const entry: Entry<Result, Progress> = {
      fingerprint,
      result,
      stop,
      progress,
      listeners,
      waiting: 0,
      keptUntilMs: undefined,
      weight: 0,
    };
    this.entries.set(key, entry);
    // From here on, so that whoever asks after a failure begins anew.
    const forget = (): void => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
    };
    stop.signal.addEventListener('abort', forget);
    result.then((made) => {
      // Its last caller has gone meanwhile.
      if (this.entries.get(key) !== entry) return;
      entry.keptUntilMs = this.now() + KEPT_MS;
      entry.weight = this.keeping.weigh(made);
      this.weight += entry.weight;
      this.forgetOld();
      // What somebody said is not kept longer because nobody asks any more.
      setTimeout(() => {
        this.forgetOld();
      }, KEPT_MS).unref();
    }, forget);
    return entry;
  }

  /** Those that are kept are in the order of their making, oldest first; one that is being made is never forgotten. */
  private forgetOld(): void {
    const kept = [...this.entries].filter(([, { keptUntilMs }]) => keptUntilMs !== undefined);
    let excess = kept.length - MAX_KEPT;
    for (const [key, { keptUntilMs, weight }] of kept) {
      if (excess <= 0 && this.weight <= this.keeping.maxWeight && keptUntilMs! > this.now()) continue;
      this.entries.delete(key);
      this.weight -= weight;
      excess--;
    }
  }
}
