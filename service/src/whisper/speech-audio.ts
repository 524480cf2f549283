import type { SpeechRegion } from './windows';

/** Audio, and where somebody speaks in it. */
export interface SpeechAudio {
  /** 16 kHz mono in -1…1, of any length. */
  readonly samples: Float32Array;
  /** What a voice activity detector found; audio outside of it is not decoded. */
  readonly speech: readonly SpeechRegion[];
}
