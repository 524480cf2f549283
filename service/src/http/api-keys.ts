import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';

/** Between two looks at the file. The kubelet brings a changed Secret into the pod within about a minute. */
const RECHECK_MS = 5_000;

/**
 * API keys from a file, one a line; empty lines and lines that start with `#` are none. A changed file counts from the
 * next look on, so keys are rotated without a restart; a file that cannot be read keeps the keys known so far.
 */
export class ApiKeys {
  private digests: readonly Buffer[] = [];
  private modifiedMs = -1;
  private lookedAtMs = Number.NEGATIVE_INFINITY;

  /** @throws when the file cannot be read, or holds no key */
  constructor(private readonly file: string) {
    this.load();
    this.lookedAtMs = Date.now();
  }

  /** Whether a key is one of the file's. Takes the same time whichever it is. */
  accepts(key: string): boolean {
    this.refresh();
    const digest = sha256(key);
    // All are compared: stopping at the first match would tell its place.
    return this.digests.map((known) => timingSafeEqual(known, digest)).includes(true);
  }

  private refresh(): void {
    if (Date.now() - this.lookedAtMs < RECHECK_MS) return;
    this.lookedAtMs = Date.now();
    try {
      this.load();
    } catch {
      // In the middle of a rotation: look again later.
    }
  }

  private load(): void {
    const { mtimeMs } = statSync(this.file);
    if (mtimeMs === this.modifiedMs) return;
    const keys = readFileSync(this.file, 'utf8')
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'));
    if (keys.length === 0) throw new Error(`${this.file} holds no API key; write one a line`);
    this.digests = keys.map(sha256);
    this.modifiedMs = mtimeMs;
  }
}

/** Equal lengths, so that comparing tells nothing about a key's length either. */
function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
