/** What the order of work depends on; all times on one clock, in milliseconds. */
export interface QueuedWork {
  /** A window, or a small piece of work that a window depends on. */
  readonly kind: 'window' | 'helper';
  /** Whose work it is. */
  readonly key: string;
  /** Since when it waits. */
  readonly queuedAtMs: number;
  /** After which nobody waits for it any more. */
  readonly deadlineMs: number;
  /** Predicted cost of what is left of its request, this window included. */
  readonly remainingMs: number;
  /** Predicted time that this takes at least; less where several processes can share it. */
  readonly leastMs: number;
}

/** Engine time that a key has had. */
export type AttainedMs = (key: string) => number;

/**
 * A request is late when it begins later than its deadline less this times what it takes by the prediction, which is as
 * often too low as too high; and hopeless when its deadline comes before even that time divided by this.
 */
export const SAFETY = 1.25;

/**
 * Of one key's requests a shorter one goes before those that came earlier, by up to this times what they cost more. Without
 * that limit one that is a little longer than what keeps coming would wait until its deadline.
 */
const HEAD_START = 20;

/**
 * The order of work. First what was interrupted, then the small pieces, in the order of arrival. Then the windows whose
 * request is late unless it begins now or with the next window, the earliest deadline first. Else keys take turns: the one goes first
 * that has had the least engine time, and of its requests a short one before a long one that did not come much earlier, so
 * that short answers come soon. Nothing starves: in time every window is the one that has waited longest for its length, or
 * that must begin now.
 */
export class FairQueue<Work extends QueuedWork> {
  private readonly interrupted: Work[] = [];
  /** In the order of arrival. */
  private readonly waiting: Work[] = [];

  /** @param windowMs predicted time of a window: what is not taken now waits for so long at least */
  constructor(
    private readonly attainedMs: AttainedMs,
    private readonly windowMs: () => number = () => 0,
  ) {}

  get length(): number {
    return this.interrupted.length + this.waiting.length;
  }

  push(work: Work): void {
    this.waiting.push(work);
  }

  /** Puts work back that had its turn and was interrupted. */
  pushInterrupted(work: Work): void {
    this.interrupted.push(work);
  }

  /** All that waits, what was interrupted first, then in the order of arrival. */
  [Symbol.iterator](): IterableIterator<Work> {
    return [...this.interrupted, ...this.waiting].values();
  }

  /** @returns whether it waited */
  remove(work: Work): boolean {
    return [this.interrupted, this.waiting].some((list) => {
      const at = list.indexOf(work);
      if (at >= 0) list.splice(at, 1);
      return at >= 0;
    });
  }

  /** Takes out what nobody waits for any more. */
  removeExpired(nowMs: number): readonly Work[] {
    const expired = [...this].filter(({ deadlineMs }) => deadlineMs <= nowMs);
    for (const work of expired) this.remove(work);
    return expired;
  }

  /**
   * Takes out the windows whose request cannot be answered in time any more, which would make others late, too. A last
   * one stays: where nothing else waits it costs nobody anything to try, and costs that were learned in a bad moment are
   * put right.
   */
  removeHopeless(nowMs: number): readonly Work[] {
    const hopeless = this.waiting.filter(
      ({ kind, deadlineMs, leastMs }) => kind === 'window' && nowMs + leastMs / SAFETY > deadlineMs,
    );
    if (hopeless.length === this.length) hopeless.pop();
    for (const work of hopeless) this.remove(work);
    return hopeless;
  }

  /** Takes out what is next. */
  take(nowMs: number): Work | undefined {
    const next =
      this.interrupted[0] ??
      this.waiting.find(({ kind }) => kind === 'helper') ??
      this.mostUrgent(nowMs) ??
      this.fairest();
    if (next !== undefined) this.remove(next);
    return next;
  }

  private mostUrgent(nowMs: number): Work | undefined {
    const nextAtMs = nowMs + this.windowMs();
    return first(
      this.waiting.filter(({ deadlineMs, leastMs }) => deadlineMs - SAFETY * leastMs <= nextAtMs),
      (one, other) => one.deadlineMs - other.deadlineMs,
    );
  }

  private fairest(): Work | undefined {
    return first(this.waiting, (one, other) =>
      one.key === other.key ? turn(one) - turn(other) : this.attainedMs(one.key) - this.attainedMs(other.key),
    );
  }
}

function turn({ queuedAtMs, remainingMs }: QueuedWork): number {
  return queuedAtMs + HEAD_START * remainingMs;
}

/** The first by an order; of equals the one that stands first. */
function first<Item>(items: readonly Item[], order: (one: Item, other: Item) => number): Item | undefined {
  return items.reduce<Item | undefined>(
    (best, item) => (best === undefined || order(item, best) < 0 ? item : best),
    undefined,
  );
}
