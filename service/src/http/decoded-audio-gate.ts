/** Two, so that a long file does not hold up the short ones behind it. */
const PARALLEL_DECODINGS = 2;

/**
 * Keeps decoded audio within memory. Two uploads are decoded at a time, and none is begun while as many seconds as the
 * limit are in use: at most the limit and two longest audios are in memory (64 kB a second).
 */
export class DecodedAudioGate {
  private secondsInUse = 0;
  private decoding = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly limitSeconds: number) {}

  /** Decodes when it is this upload's turn; its seconds count until {@link release}. */
  async decode<T extends { readonly durationS: number }>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.turn(signal);
    try {
      const audio = await work();
      this.secondsInUse += audio.durationS;
      return audio;
    } finally {
      this.decoding--;
      this.admit();
    }
  }

  release({ durationS }: { readonly durationS: number }): void {
    this.secondsInUse -= durationS;
    this.admit();
  }

  private async turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', leave);
        this.decoding++;
        resolve();
      };
      const leave = (): void => {
        this.waiting.splice(this.waiting.indexOf(enter), 1);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.waiting.push(enter);
      this.admit();
    });
  }

  private admit(): void {
    if (this.decoding < PARALLEL_DECODINGS && this.secondsInUse < this.limitSeconds) this.waiting.shift()?.();
  }
}
