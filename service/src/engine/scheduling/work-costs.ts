import { SAMPLE_RATE_HZ } from '../../whisper/audio-format';
import type { DecodingOptions } from '../../whisper/decoding-options';
import type { WindowTiming } from '../engine-protocol';
import { MovingAverage } from './moving-average';

/** Windows, and the audio in them. */
export interface WindowWork {
  readonly windows: number;
  /** Audio whose text is written; where tokens are limited, no more than they can be the text of. */
  readonly audioSeconds: number;
}

/**
 * Text of speech: 150 words a minute of 1.3 tokens each, and two timestamps a sentence. For what is not learned yet, and
 * for windows of which only a few tokens are wanted.
 */
const TOKENS_PER_SECOND = 5;
/** What a request is taken for as long as there was none: what somebody says to a voice agent. */
const FIRST_REQUEST: WindowWork = { windows: 1, audioSeconds: 5 };
/** Shorter audio would make a second of it look endlessly dear. */
const MIN_AUDIO_SECONDS = 0.1;

/** What the engine has to do for a window. */
export function windowWork(samples: Float32Array, { maxNewTokens = Infinity }: DecodingOptions): WindowWork {
  return { windows: 1, audioSeconds: Math.min(samples.length / SAMPLE_RATE_HZ, maxNewTokens / TOKENS_PER_SECOND) };
}

/**
 * What work costs, in milliseconds of one engine process: learned from what it took. A window has a price, since the
 * encoder always hears 30 s, and so has a second of the audio in it, since text is written token by token.
 */
export class WorkCosts {
  private readonly encodeMs = new MovingAverage();
  // Apart, so that the many short windows do not speak louder than the long ones.
  private readonly decodeMs = new MovingAverage();
  private readonly audioSeconds = new MovingAverage();
  private readonly requestMs = new MovingAverage();
  private warmUp = { encodeMs: 0, decodeMsPerSecond: 0 };

  /** For as long as no window was decoded: the warm-up's one, by the text that its few tokens could be. */
  learnWarmUp({ encodeMs, decodeMs, tokens }: WindowTiming): void {
    this.warmUp = { encodeMs, decodeMsPerSecond: (decodeMs / Math.max(1, tokens)) * TOKENS_PER_SECOND };
  }

  learnWindow({ audioSeconds }: WindowWork, { encodeMs, decodeMs }: WindowTiming): void {
    this.encodeMs.add(encodeMs);
    this.decodeMs.add(decodeMs);
    this.audioSeconds.add(audioSeconds);
  }

  /** A request whose audio is known now. */
  learnRequest(work: WindowWork): void {
    this.requestMs.add(this.predictMs(work));
  }

  /** 0 before there was a warm-up. */
  predictMs({ windows, audioSeconds }: WindowWork): number {
    return windows * (this.encodeMs.value ?? this.warmUp.encodeMs) + audioSeconds * this.decodeMsPerSecond;
  }

  /** What a request costs whose audio is not known yet. */
  get meanRequestMs(): number {
    return this.requestMs.value ?? this.predictMs(FIRST_REQUEST);
  }

  private get decodeMsPerSecond(): number {
    const [decodeMs, audioSeconds] = [this.decodeMs.value, this.audioSeconds.value];
    if (decodeMs === undefined || audioSeconds === undefined) return this.warmUp.decodeMsPerSecond;
    return decodeMs / Math.max(audioSeconds, MIN_AUDIO_SECONDS);
  }
}
