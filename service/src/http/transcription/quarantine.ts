import { ApiError } from '../errors/api-error';

/** Uploads that are remembered; each is 64 characters. */
const MAX_REMEMBERED = 1000;
/** An engine that the kernel killed twice for want of memory may have heard nothing wrong: innocent audio comes back. */
const REMEMBERED_MS = 60 * 60_000;

/** Uploads that have ended the engine's process twice. They are refused for an hour, whoever sends them. */
export class Quarantine {
  /** When each is forgotten, by its hash. */
  private readonly until = new Map<string, number>();

  /** @param now clock in milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  add(sha256: string): void {
    this.until.delete(sha256);
    this.until.set(sha256, this.now() + REMEMBERED_MS);
    const [oldest] = this.until.keys();
    if (this.until.size > MAX_REMEMBERED) this.until.delete(oldest!);
  }

  /** @throws ApiError `poison_request` */
  refuse(sha256: string): void {
    if (this.now() >= (this.until.get(sha256) ?? 0)) return;
    throw new ApiError(
      'poison_request',
      `the engine's process has ended twice on this audio (sha256 ${sha256}): it is not tried again for an hour`,
      'file',
    );
  }
}
