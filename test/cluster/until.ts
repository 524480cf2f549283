import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 250;
const TIMEOUT_MS = 90_000;

export interface Patience {
  readonly timeoutMs?: number;
  readonly pollMs?: number;
}

/**
 * Asks again until there is an answer.
 *
 * @param what what is waited for, for the message
 * @param attempt undefined or false: not yet
 * @throws after the time, with what the last attempt threw, if it did
 */
export async function until<T>(
  what: string,
  attempt: () => Promise<T | undefined | false>,
  { timeoutMs = TIMEOUT_MS, pollMs = POLL_MS }: Patience = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let reason = '';
    try {
      const answer = await attempt();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      reason = `: ${(error as Error).message}`;
    }
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}${reason}`);
    await sleep(pollMs);
  }
}
