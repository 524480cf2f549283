import type { DecodingResult } from './decoding-result';
import type { TimedSlice } from './segments';

/** A window that was decoded. */
export interface DecodedWindow {
  /** Where the window starts in the audio. */
  readonly startSample: number;
  readonly result: DecodingResult;
  /** What of the result is kept, timed inside the window. */
  readonly slices: readonly TimedSlice[];
}

/**
 * Decodes one window with the options of the whole transcription.
 *
 * @param promptTokens - what the window sees of the text before it.
 */
export type PromptedDecoder = (samples: Float32Array, promptTokens: readonly number[]) => Promise<DecodingResult>;
