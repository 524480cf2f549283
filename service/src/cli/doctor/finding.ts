/**
 * What a check came to. `warning`: it works, but worse than it could. `failure`: the server would not start, or would be
 * killed. `skipped`: nothing was learned, since something else failed or nobody wanted to know.
 */
export type Status = 'ok' | 'warning' | 'failure' | 'skipped';

/** A check's verdict, in words for the person who has to act on it. */
export interface Finding {
  readonly status: Status;
  /** What is there. */
  readonly found: string;
  /** What should be. */
  readonly wanted: string;
  /** What to do about it; undefined where nothing is to be done. */
  readonly remedy?: string;
}

export function ok(found: string, wanted: string): Finding {
  return { status: 'ok', found, wanted };
}

export function warning(found: string, wanted: string, remedy: string): Finding {
  return { status: 'warning', found, wanted, remedy };
}

export function failure(found: string, wanted: string, remedy: string): Finding {
  return { status: 'failure', found, wanted, remedy };
}

export function skipped(reason: string, wanted: string): Finding {
  return { status: 'skipped', found: reason, wanted };
}
