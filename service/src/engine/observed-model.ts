import type { Attention, LogitsReader, Surroundings, TokenDecoder, WhisperModel } from '../whisper/model';
import type { WindowTiming } from './engine-protocol';

/** A model for the work on one window, which notes what it takes and says when it gets on. */
export class ObservedModel<Features> implements WhisperModel<Features> {
  private readonly startedAt = performance.now();
  private encodeMs = 0;
  private tokens = 0;
  private firstTokenMs: number | undefined;

  /** @param onProgress called after each run of the encoder and of the decoder */
  constructor(
    private readonly model: WhisperModel<Features>,
    private readonly onProgress: (step: 'encoded' | 'decoded') => void,
  ) {}

  /** What the work took so far. */
  get timing(): WindowTiming {
    const { encodeMs, tokens, firstTokenMs } = this;
    return { encodeMs, decodeMs: performance.now() - this.startedAt - encodeMs, tokens, firstTokenMs };
  }

  async encode(samples: Float32Array, surroundings?: Surroundings, positions?: number): Promise<Features> {
    const started = performance.now();
    // What was written before a window is heard again came to nothing.
    this.firstTokenMs = undefined;
    const features = await this.model.encode(samples, surroundings, positions);
    this.encodeMs += performance.now() - started;
    this.onProgress('encoded');
    return features;
  }

  newDecoder(features: Features): TokenDecoder {
    return this.observe(this.model.newDecoder(features), false);
  }

  get canAttend(): boolean {
    return this.model.canAttend;
  }

  get canShorten(): boolean {
    return this.model.canShorten;
  }

  async attend(features: Features, tokens: readonly number[], read: LogitsReader): Promise<Attention> {
    const attention = await this.model.attend(features, tokens, read);
    this.onProgress('decoded');
    return attention;
  }

  /** @param writes whether the decoder is behind its prompt: every text is written in a fork of the one that read it */
  private observe(decoder: TokenDecoder, writes: boolean): TokenDecoder {
    return {
      append: async (tokens, wanted) => {
        const logits = await decoder.append(tokens, wanted);
        if (writes) this.tokens += tokens.length;
        this.onProgress('decoded');
        return logits;
      },
      fork: () => {
        this.firstTokenMs ??= performance.now() - this.startedAt;
        return this.observe(decoder.fork(), true);
      },
      dispose: () => {
        decoder.dispose();
      },
    };
  }
}
