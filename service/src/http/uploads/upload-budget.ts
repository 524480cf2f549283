import { ApiError } from '../errors/api-error';

/**
 * Bytes of uploads that may be in memory at once. Without it, a few dozen of the largest uploads that are allowed would
 * end the pod at its memory limit, and every caller's request with it.
 */
export class UploadBudget {
  private used = 0;

  constructor(private readonly limitBytes: number) {}

  /** @throws ApiError `overloaded`, and takes nothing then */
  take(bytes: number): void {
    if (this.used + bytes > this.limitBytes) {
      throw new ApiError('overloaded', `uploads in memory have reached ${this.limitBytes} bytes: try again later`);
    }
    this.used += bytes;
  }

  giveBack(bytes: number): void {
    this.used -= bytes;
  }
}
