import { SAMPLE_RATE_HZ, WINDOW_SAMPLES } from '../../whisper/audio-format';
import type { DecodingOptions } from '../../whisper/decoding-options';
import type { ShortContext } from '../../whisper/short-context';
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

const WINDOW_SECONDS = WINDOW_SAMPLES / SAMPLE_RATE_HZ;

/** What the engine has to do for a window. */
export function windowWork(samples: Float32Array, { maxNewTokens = Infinity }: DecodingOptions): WindowWork {
  return { windows: 1, audioSeconds: Math.min(samples.length / SAMPLE_RATE_HZ, maxNewTokens / TOKENS_PER_SECOND) };
}

/**
 * What work costs, in milliseconds of one engine process: learned from what it took. A window has a price, since the
 * encoder always hears 30 s, and so has a second of the audio in it, since text is written token by token. The price of
 * a window holds what its samples and its text take on their way between the processes; at short context it is that of the
 * part which is heard.
 */
export class WorkCosts {
  private readonly windowMs = new MovingAverage();
  private readonly heardWindows = new MovingAverage();
  // Apart, so that the many short windows do not speak louder than the long ones.
  private readonly decodeMs = new MovingAverage();
  private readonly audioSeconds = new MovingAverage();
  private readonly requestMs = new MovingAverage();
  private warmUp = { encodeMs: 0, decodeMsPerSecond: 0 };

  /** @param processes between which the engine's threads are shared */
  constructor(
    private processes = 1,
    private readonly shortContext?: ShortContext,
  ) {}

  /**
   * Between so many processes the threads are shared from now on. Until it is learned anew, they are taken to get as much
   * done together as before.
   */
  shareBetween(processes: number): void {
    const factor = processes / this.processes;
    this.processes = processes;
    for (const mean of [this.windowMs, this.decodeMs, this.requestMs]) mean.scale(factor);
    this.warmUp = {
      encodeMs: factor * this.warmUp.encodeMs,
      decodeMsPerSecond: factor * this.warmUp.decodeMsPerSecond,
    };
  }

  /** Least time that work of this cost takes, if its windows have all processes for themselves. */
  leastMs(costMs: number): number {
    return Math.max(costMs / this.processes, Math.min(costMs, this.meanWindowMs));
  }

  /** For as long as no window was decoded: the warm-up's one, by the text that its few tokens could be. */
  learnWarmUp({ encodeMs, decodeMs, tokens }: WindowTiming): void {
    this.warmUp = { encodeMs, decodeMsPerSecond: (decodeMs / Math.max(1, tokens)) * TOKENS_PER_SECOND };
  }

  /**
   * @param tookMs of its engine process, from when that could have begun with it to its outcome
   * @param isShort whether it was heard at short context; what it took to hear it again is part of that price
   */
  learnWindow(work: WindowWork, { decodeMs }: WindowTiming, tookMs: number, isShort = false): void {
    this.windowMs.add(tookMs - decodeMs);
    this.heardWindows.add(isShort ? this.windowsToHear(work) : work.windows);
    this.decodeMs.add(decodeMs);
    this.audioSeconds.add(work.audioSeconds);
  }

  /** A request whose audio is known now. */
  learnRequest(work: WindowWork): void {
    this.requestMs.add(this.predictMs(work));
  }

  /** 0 before there was a warm-up. */
  predictMs(work: WindowWork): number {
    return this.windowsToHear(work) * this.msPerWindow + work.audioSeconds * this.decodeMsPerSecond;
  }

  /** What a window takes, whatever is in it: as long is an engine process away that has just begun with one. */
  get meanWindowMs(): number {
    const { value: audioSeconds = 0 } = this.audioSeconds;
    return this.predictMs({ windows: 1, audioSeconds });
  }

  /** What a request costs whose audio is not known yet. */
  get meanRequestMs(): number {
    return this.requestMs.value ?? this.predictMs(FIRST_REQUEST);
  }

  /** Windows of 30 s that the encoder hears for this. */
  private windowsToHear({ windows, audioSeconds }: WindowWork): number {
    if (this.shortContext === undefined) return windows;
    return Math.min(windows, (audioSeconds + windows * this.shortContext.marginSeconds) / WINDOW_SECONDS);
  }

  private get msPerWindow(): number {
    const [windowMs, windows] = [this.windowMs.value, this.heardWindows.value];
    return windowMs === undefined || windows === undefined ? this.warmUp.encodeMs : windowMs / windows;
  }

  private get decodeMsPerSecond(): number {
    const [decodeMs, audioSeconds] = [this.decodeMs.value, this.audioSeconds.value];
    if (decodeMs === undefined || audioSeconds === undefined) return this.warmUp.decodeMsPerSecond;
    return decodeMs / Math.max(audioSeconds, MIN_AUDIO_SECONDS);
  }
}
