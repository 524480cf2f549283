import { EngineError } from '../engine-error';
import type { EngineLoad } from './engine-load';
import { SAFETY } from './fair-queue';
import type { FairShares } from './fair-shares';
import { Ticket, type TicketDesk } from './ticket';
import type { WorkCosts } from './work-costs';

/** How many requests may be in. */
export interface AdmissionLimits {
  /** Requests that may wait for those that the engine processes work at. */
  readonly maxQueue: number;
  /**
   * Requests that one key may have in.
   *
   * @default 0 - as many as it likes
   */
  readonly maxRequestsPerKey?: number;
}

/** What there is to do the work with. */
export interface Capacity extends Pick<EngineLoad, 'slots' | 'busySlots' | 'waiting' | 'oldestWaitMs'> {
  /** Predicted time until an engine process can take work, in milliseconds; 0 while one can. */
  readonly readyInMs: number;
  /** Why nothing will be decoded any more. */
  readonly ended: EngineError | undefined;
}

/** The head of a request. */
export interface RequestHead {
  /** Who asks; keys take turns, and each may have so many requests in. */
  readonly key: string;
  /** When nobody waits for the answer any more, on the clock of `performance.now()`. */
  readonly deadlineMs: number;
}

/** A request that is heard at all. */
const LEAST_WORK = { windows: 1, audioSeconds: 0 };

/** What a client waits before it comes back: no busy loop, and no idle engine. */
const RETRY_MS = { min: 200, max: 5000 };

/**
 * Decides at the door, before a body is read, whether a request can be answered in time: one that cannot is refused at
 * once, while the client can still go elsewhere.
 */
export class Admission implements TicketDesk {
  private readonly tickets = new Set<Ticket>();

  constructor(
    private readonly limits: AdmissionLimits,
    readonly costs: WorkCosts,
    private readonly shares: FairShares,
    private readonly capacity: () => Capacity,
  ) {}

  /**
   * @returns the request's ticket; it must leave in the end, whatever becomes of the request
   * @throws EngineError `key_busy`; `overloaded` when as many requests are in as may be, or when those before it are not
   * done before its deadline; both with `retryAfterMs`
   * @throws EngineError `deadline_exceeded` when it has passed already; `engine_stopped`
   */
  enter(head: RequestHead): Ticket {
    const ticket = this.look(head);
    this.tickets.add(ticket);
    this.shares.enter(head.key);
    return ticket;
  }

  /**
   * Whether a request would be let in now: asked with its head, so that a refusal costs no upload. It takes no place:
   * bodies that come slowly, or never, keep nobody out.
   *
   * @throws as {@link enter}
   */
  check(head: RequestHead): void {
    this.look(head);
  }

  private look({ key, deadlineMs }: RequestHead): Ticket {
    const { slots, ended } = this.capacity();
    if (ended !== undefined) throw ended;
    const { maxQueue, maxRequestsPerKey = 0 } = this.limits;
    const ofKey = this.shares.requestsOf(key);
    if (maxRequestsPerKey > 0 && ofKey >= maxRequestsPerKey) {
      throw new EngineError(
        'key_busy',
        `this caller has ${ofKey} in, as many as it may: send further requests as those are answered`,
        {
          retryAfterMs: clampRetry(this.spacingMs([...this.tickets].filter((ticket) => ticket.key === key))),
        },
      );
    }
    if (this.tickets.size >= maxQueue + slots) {
      throw new EngineError('overloaded', `${this.tickets.size} requests are in: try again later`, {
        retryAfterMs: clampRetry(this.spacingMs([...this.tickets])),
      });
    }
    if (deadlineMs <= performance.now()) {
      throw new EngineError('deadline_exceeded', 'the deadline of this request has passed before it began');
    }
    const ticket = new Ticket(this, key, deadlineMs);
    // Whether its own work can be done in time is known with its audio; how much that is at least, is known now. Who is
    // let in is to be served: with a margin, so that few are refused only then, or given up.
    this.checkWait(ticket, this.costs.predictMs(LEAST_WORK), 0, SAFETY);
    return ticket;
  }

  /** Requests of the key that are in. */
  requestsOf(key: string): number {
    return this.shares.requestsOf(key);
  }

  /** A snapshot. */
  get load(): EngineLoad {
    const { slots, busySlots, waiting, oldestWaitMs, readyInMs } = this.capacity();
    return {
      slots,
      busySlots,
      waiting,
      oldestWaitMs,
      inFlight: this.tickets.size,
      predictedWaitMs: readyInMs + sum([...this.tickets]) / slots,
    };
  }

  /** Predicted cost of what is known to be ahead, in milliseconds of one engine process. */
  get knownMs(): number {
    return [...this.tickets].reduce((total, ticket) => total + ticket.knownMs, 0);
  }

  /** For {@link Ticket.expect}. */
  checkPlan(ticket: Ticket): void {
    // Whoever is alone is tried whatever is predicted: costs that were learned in a bad moment are put right by it.
    if (this.tickets.size === 1 && this.tickets.has(ticket)) return;
    const { remainingMs, leastMs, deadlineMs } = ticket;
    const leftMs = deadlineMs - performance.now();
    if (leastMs > leftMs) {
      throw new EngineError(
        'deadline_exceeded',
        `the audio takes the engine about ${seconds(leastMs)}, and ${seconds(leftMs)} are left: send shorter audio`,
      );
    }
    this.checkWait(ticket, remainingMs, leastMs, 1);
  }

  /** For {@link Ticket.leave}. */
  leave(ticket: Ticket): void {
    if (this.tickets.delete(ticket)) this.shares.leave(ticket.key);
  }

  /**
   * @param workMs what its work costs
   * @param dueMs how much of that is to be done before the deadline
   * @param safety what the predicted wait is taken for, times itself
   * @throws EngineError `overloaded` when the wait, and then that, do not end before the deadline
   */
  private checkWait(ticket: Ticket, workMs: number, dueMs: number, safety: number): void {
    const waitMs = this.waitMs(ticket, workMs);
    const lateMs = performance.now() + safety * waitMs + dueMs - ticket.deadlineMs;
    if (lateMs < 0) return;
    throw new EngineError(
      'overloaded',
      `what is before this request takes about ${seconds(waitMs)}, longer than it can wait: try again later`,
      { retryAfterMs: clampRetry(lateMs) },
    );
  }

  /**
   * Predicted time until the request's work begins for good, by the order of FairQueue. What is due before it goes before
   * it. Of what is due later, its own key's goes before it that has less left to do, and of each other key as much as
   * fairness gives that key until this request is done.
   */
  private waitMs(ticket: Ticket, workMs: number): number {
    const { key, deadlineMs } = ticket;
    const { slots, readyInMs } = this.capacity();
    let dueMs = 0;
    let shorterMs = 0;
    const othersMs = new Map<string, number>();
    for (const other of this.tickets) {
      if (other === ticket) continue;
      const { remainingMs } = other;
      if (other.deadlineMs <= deadlineMs) dueMs += remainingMs;
      else if (other.key !== key) othersMs.set(other.key, (othersMs.get(other.key) ?? 0) + remainingMs);
      else if (remainingMs < workMs) shorterMs += remainingMs;
    }
    const attainedMs = this.shares.attainedMs(key);
    let turnsMs = 0;
    for (const [other, otherMs] of othersMs) {
      const behindMs = Math.max(0, attainedMs - this.shares.attainedMs(other));
      turnsMs += Math.min(otherMs, behindMs + shorterMs + workMs);
    }
    return readyInMs + (dueMs + shorterMs + turnsMs) / slots;
  }

  /** Mean time between the ends of these requests, if the engine worked at nothing else. */
  private spacingMs(tickets: readonly Ticket[]): number {
    const { slots, readyInMs } = this.capacity();
    return readyInMs + sum(tickets) / tickets.length / slots;
  }
}

function sum(tickets: readonly Ticket[]): number {
  return tickets.reduce((total, { remainingMs }) => total + remainingMs, 0);
}

function clampRetry(ms: number): number {
  return Math.round(Math.min(RETRY_MS.max, Math.max(RETRY_MS.min, ms)));
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
