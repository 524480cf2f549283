import type { DecodingResult } from './decoding-result';
import type { Surroundings } from './model';
import type { TimedSlice } from './segments';

/** A window that was decoded. */
export interface DecodedWindow {
  /** Where the window starts in the audio. */
  readonly startSample: number;
  readonly result: DecodingResult;
  /** What of the result is kept, timed inside the window. */
  readonly slices: readonly TimedSlice[];
}

/** A window that is to be decoded. */
export interface PromptedWindow {
  readonly samples: Float32Array;
  /** What the window sees of the text before it. */
  readonly promptTokens: readonly number[];
  /** Where the recording's spectrogram is taken as a whole. */
  readonly surroundings?: Surroundings;
}

/**
 * Decodes one window with the options of the whole transcription.
 *
 * @param unwanted aborted when nobody waits for this window any more, though for the transcription somebody may
 */
export type PromptedDecoder = (window: PromptedWindow, unwanted?: AbortSignal) => Promise<DecodingResult>;
