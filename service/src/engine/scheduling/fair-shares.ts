interface Share {
  attainedMs: number;
  /** Requests of the key that are in. */
  requests: number;
}

/**
 * Engine time that each key has had. A key that comes in begins where the others stand: its absence earns it nothing, and
 * does not make its debts be forgotten (start-time fair queueing, Goyal, Vin and Cheng 1996).
 */
export class FairShares {
  private readonly shares = new Map<string, Share>();
  /** The least that a key has had while it was in: where those begin that come in. */
  private virtualMs = 0;

  /** A request of the key comes in. */
  enter(key: string): void {
    this.advance();
    const { attainedMs = 0, requests = 0 } = this.shares.get(key) ?? {};
    this.shares.set(key, {
      attainedMs: requests > 0 ? attainedMs : Math.max(attainedMs, this.virtualMs),
      requests: requests + 1,
    });
  }

  leave(key: string): void {
    this.advance();
    const share = this.shares.get(key);
    if (share !== undefined) share.requests--;
    // Who has had no more than those who come in need not be remembered.
    for (const [other, { requests, attainedMs }] of this.shares) {
      if (requests === 0 && attainedMs <= this.virtualMs) this.shares.delete(other);
    }
  }

  requestsOf(key: string): number {
    return this.shares.get(key)?.requests ?? 0;
  }

  /** Of a key that is not in, what it would have had if it came now. */
  attainedMs(key: string): number {
    const { attainedMs = 0, requests = 0 } = this.shares.get(key) ?? {};
    if (requests > 0) return attainedMs;
    this.advance();
    return Math.max(attainedMs, this.virtualMs);
  }

  /** The key's work has taken this long. */
  charge(key: string, ms: number): void {
    const share = this.shares.get(key);
    if (share !== undefined) share.attainedMs += ms;
  }

  private advance(): void {
    let least = Infinity;
    for (const { requests, attainedMs } of this.shares.values()) {
      if (requests > 0) least = Math.min(least, attainedMs);
    }
    if (least !== Infinity) this.virtualMs = Math.max(this.virtualMs, least);
  }
}
