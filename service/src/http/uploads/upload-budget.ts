import { ApiError } from '../errors/api-error';

/**
 * Bytes of uploads that may be in memory at once. Without it, a few dozen of the largest uploads that are allowed would
 * end the pod at its memory limit, and every caller's request with it.
 */
export class UploadBudget {
  private used = 0;

  constructor(readonly limitBytes: number) {}

  /** For one upload, which takes nothing yet. */
  open(): UploadShare {
    let held = 0;
    return {
      take: (bytes) => {
        if (held + bytes > this.limitBytes) throw this.beyond(held + bytes);
        if (this.used + bytes > this.limitBytes) {
          throw new ApiError('overloaded', `uploads in memory have reached ${this.limitBytes} bytes: try again later`);
        }
        this.used += bytes;
        held += bytes;
      },
      release: () => {
        this.used -= held;
        held = 0;
      },
    };
  }

  /** The error where one upload alone has more than all may have: another time it would have no more room. */
  beyond(bytes: number): ApiError {
    return new ApiError(
      'body_too_large',
      `the files of a request may have ${this.limitBytes} bytes together, got ${bytes} bytes or more: send fewer at a time`,
    );
  }
}

/** What one upload has of the budget. */
export interface UploadShare {
  /** @throws ApiError `overloaded`, `body_too_large`, and takes nothing then */
  take(bytes: number): void;
  /** Gives all of it back. */
  release(): void;
}
