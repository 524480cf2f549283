import type { ShortContextDoubt, ShortContextOutcome } from '../../whisper/short-context';
import type { WindowTiming } from '../engine-protocol';
import type { WindowWork, WorkCosts } from './work-costs';

/** What a request has taken so far, summed over its windows. */
export interface RequestTiming {
  /** Time that its windows and what they depend on have waited for an engine process. */
  readonly queueMs: number;
  /** Spectrogram and encoder. */
  readonly encodeMs: number;
  /** All else that the engine process did for its windows. */
  readonly decodeMs: number;
  /** Tokens that the decoder read behind its prompts, those of given-up attempts included. */
  readonly tokens: number;
  /** Windows that have been worked at. */
  readonly windows: number;
  /** From when its first window was queued to that window's first token; undefined before. */
  readonly firstTokenMs?: number;
  /** Undefined while none of its windows was heard at short context. */
  readonly shortContext?: ShortContextCounts;
}

/** Windows that were heard at short context first. */
export interface ShortContextCounts {
  readonly windows: number;
  /** Of these, the ones that were heard again, by the reason. */
  readonly reruns: Readonly<Partial<Record<ShortContextDoubt, number>>>;
}

/** What a ticket needs of who made it out. */
export interface TicketDesk {
  readonly costs: WorkCosts;
  /** @throws EngineError when a request whose audio is known now cannot be answered in time */
  checkPlan(ticket: Ticket): void;
  leave(ticket: Ticket): void;
}

/** A request that is in: its windows are queued under it. */
export class Ticket {
  private planned: WindowWork | undefined;
  private ended: WindowWork = { windows: 0, audioSeconds: 0 };
  private outstanding: WindowWork = { windows: 0, audioSeconds: 0 };
  private sums: RequestTiming = { queueMs: 0, encodeMs: 0, decodeMs: 0, tokens: 0, windows: 0 };
  private firstQueuedAtMs: number | undefined;

  constructor(
    private readonly desk: TicketDesk,
    /** Whose request it is. */
    readonly key: string,
    /** On the clock of `performance.now()`. */
    readonly deadlineMs: number,
  ) {}

  /**
   * Says what work there is, as soon as the audio is known: until then the request counts as an average one.
   *
   * @param work - `plannedWindows` knows it (whisper/decode-at-pauses.ts)
   * @throws EngineError `deadline_exceeded` when the work takes longer than what is left until the deadline; `overloaded`
   * when it does with what is before it
   */
  expect(work: WindowWork): void {
    this.planned = { windows: work.windows, audioSeconds: work.audioSeconds };
    this.desk.costs.learnRequest(work);
    this.desk.checkPlan(this);
  }

  /** Live: later reads have later values. */
  get timing(): RequestTiming {
    return this.sums;
  }

  /** Makes room for the next request. To be called once nothing of it waits or runs; further calls do nothing. */
  leave(): void {
    this.desk.leave(this);
  }

  /** Predicted cost of what is not done yet, in milliseconds of one engine process. */
  get remainingMs(): number {
    const { costs } = this.desk;
    const outstandingMs = costs.predictMs(this.outstanding);
    if (this.planned === undefined) {
      return Math.max(outstandingMs, costs.meanRequestMs - costs.predictMs(this.ended));
    }
    const left = plus(this.planned, this.ended, -1);
    const leftMs = costs.predictMs({
      windows: Math.max(0, left.windows),
      audioSeconds: Math.max(0, left.audioSeconds),
    });
    return Math.max(outstandingMs, leftMs);
  }

  /** The same, but of a request whose audio is not known yet only what is queued, and nothing that is assumed. */
  get knownMs(): number {
    return this.planned === undefined ? this.desk.costs.predictMs(this.outstanding) : this.remainingMs;
  }

  /** Predicted time that what is not done yet takes at least, in milliseconds. */
  get leastMs(): number {
    return this.desk.costs.leastMs(this.remainingMs);
  }

  /** For the engine: a window is queued. */
  windowQueued(work: WindowWork, nowMs: number): void {
    this.firstQueuedAtMs ??= nowMs;
    this.outstanding = plus(this.outstanding, work);
  }

  /** For the engine: a window is done, or nobody waits for it any more. */
  windowEnded(work: WindowWork): void {
    this.outstanding = plus(this.outstanding, work, -1);
    this.ended = plus(this.ended, work);
  }

  /** For the engine: a piece of work has begun after this long. */
  waited(ms: number): void {
    this.sums = { ...this.sums, queueMs: this.sums.queueMs + ms };
  }

  /** For the engine: work on a window has taken this; it may have been heard at short context. */
  worked(
    { encodeMs, decodeMs, tokens, firstTokenMs }: WindowTiming,
    begunAtMs: number,
    shortContext?: ShortContextOutcome,
  ): void {
    const { sums, firstQueuedAtMs = begunAtMs } = this;
    this.sums = {
      queueMs: sums.queueMs,
      encodeMs: sums.encodeMs + encodeMs,
      decodeMs: sums.decodeMs + decodeMs,
      tokens: sums.tokens + tokens,
      windows: sums.windows + 1,
      firstTokenMs:
        sums.firstTokenMs ?? (firstTokenMs === undefined ? undefined : begunAtMs - firstQueuedAtMs + firstTokenMs),
      shortContext: shortContext === undefined ? sums.shortContext : counted(sums.shortContext, shortContext),
    };
  }
}

function counted(
  { windows, reruns }: ShortContextCounts = { windows: 0, reruns: {} },
  { doubt }: ShortContextOutcome,
): ShortContextCounts {
  return {
    windows: windows + 1,
    reruns: doubt === undefined ? reruns : { ...reruns, [doubt]: (reruns[doubt] ?? 0) + 1 },
  };
}

function plus(one: WindowWork, other: WindowWork, sign: 1 | -1 = 1): WindowWork {
  return {
    windows: one.windows + sign * other.windows,
    audioSeconds: one.audioSeconds + sign * other.audioSeconds,
  };
}
