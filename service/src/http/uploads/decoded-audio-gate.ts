import type { AudioDecoder, FileOptions } from '../../audio/audio-decoder';
import { TARGET_SAMPLE_RATE_HZ, type DecodedAudio } from '../../audio/decoded-audio';
import { ReleasedMemory } from '../../audio/garbage-collection';
import { worstCaseDurationS } from '../../audio/worst-case-duration';

/** What the gate stands before. */
export type GatedDecoder = Pick<AudioDecoder, 'decode' | 'maxDurationS' | 'threads'>;

interface Waiting {
  readonly samples: number;
  readonly enter: () => void;
}

/**
 * Keeps decoded audio within memory: what is decoded and in use, and the worst that is being decoded, is at most a limit
 * (64 kB a second). Uploads are decoded in the order of arrival, as many at a time as the decoder has threads. One that
 * might exceed the limit by itself is let in alone.
 */
export class DecodedAudioGate {
  private readonly limitSamples: number;
  private readonly released = new ReleasedMemory();
  /** Reserved for decodings, and in use. */
  private samples = 0;
  private holders = 0;
  private decoding = 0;
  private readonly waiting: Waiting[] = [];

  /** @param limitSeconds most decoded audio in memory */
  constructor(
    private readonly decoder: GatedDecoder,
    limitSeconds: number,
  ) {
    this.limitSamples = limitSeconds * TARGET_SAMPLE_RATE_HZ;
  }

  /**
   * Decodes when it is this upload's turn; the audio counts until {@link release}.
   *
   * @throws what the decoder throws, or the signal's reason
   */
  async decode(bytes: Uint8Array, signal: AbortSignal, options?: FileOptions): Promise<DecodedAudio> {
    const reserved = Math.ceil(worstCaseDurationS(bytes, this.decoder.maxDurationS) * TARGET_SAMPLE_RATE_HZ);
    await this.turn(reserved, signal);
    let held: number | undefined;
    try {
      const audio = await this.decoder.decode(bytes, signal, options);
      held = audio.samples.length;
      return audio;
    } finally {
      this.decoding--;
      this.samples += (held ?? 0) - reserved;
      if (held === undefined) this.holders--;
      this.admit();
    }
  }

  /** Takes audio back that its holder is about to forget. */
  release({ samples }: Pick<DecodedAudio, 'samples'>): void {
    const { length, byteLength } = samples;
    // Not at once: the holder is still on the stack, and what it holds is no garbage yet.
    setImmediate(() => {
      this.released.add(byteLength);
      this.samples -= length;
      this.holders--;
      this.admit();
    });
  }

  private async turn(samples: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.waiting.splice(this.waiting.indexOf(waiting), 1);
        reject(signal.reason as Error);
        this.admit(); // those behind may be smaller
      };
      const waiting: Waiting = {
        samples,
        enter: () => {
          signal.removeEventListener('abort', leave);
          this.decoding++;
          this.holders++;
          this.samples += samples;
          resolve();
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.waiting.push(waiting);
      this.admit();
    });
  }

  private admit(): void {
    for (let next = this.waiting[0]; next && this.hasRoomFor(next); next = this.waiting[0]) {
      this.waiting.shift();
      next.enter();
    }
  }

  private hasRoomFor({ samples }: Waiting): boolean {
    return this.decoding < this.decoder.threads && (this.holders === 0 || this.samples + samples <= this.limitSamples);
  }
}
