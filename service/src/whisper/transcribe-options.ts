import { SAMPLE_RATE_HZ } from './audio-format';
import type { DecodingOptions } from './decoding-options';
import { WhisperError } from './whisper-error';

/** How to transcribe audio of any length. */
export interface TranscribeOptions extends DecodingOptions {
  /**
   * `pauses` cuts the audio at its pauses and decodes each stretch of speech by itself. `sequential` is openai/whisper's
   * way: 30 s at a time, each window beginning where the last timestamp of the one before it stands; it always has the
   * model write timestamps.
   */
  readonly strategy: 'pauses' | 'sequential';

  /**
   * Text before the audio, as tokens. With `pauses` each window sees it, with `sequential` the first; with
   * `conditionOnPreviousText` also the following, as far as there is room.
   *
   * @default - none
   */
  readonly promptTokens?: readonly number[];

  /**
   * `sequential` only: whether a window sees the text before it. It keeps names and style, and carries mistakes on.
   * Text of a temperature above 0.5 is not carried on (openai/whisper `transcribe.py`).
   *
   * @default false
   */
  readonly conditionOnPreviousText?: boolean;

  /**
   * `pauses` only: pauses shorter than this stay inside a window, in milliseconds.
   *
   * @default {@link DEFAULT_JOIN_PAUSE_MS}
   */
  readonly joinPauseMs?: number;

  /**
   * Audio that is kept around detected speech, in milliseconds.
   *
   * @default {@link DEFAULT_PADDING_MS}
   */
  readonly paddingMs?: number;
}

/** About the shortest pause between two sentences; the pauses inside one are mostly shorter. */
export const DEFAULT_JOIN_PAUSE_MS = 300;

/** As much as soft onsets and endings of words need. */
export const DEFAULT_PADDING_MS = 200;

/** @throws WhisperError `invalid_option` */
export function checkTranscribeOptions(options: TranscribeOptions): void {
  for (const name of ['joinPauseMs', 'paddingMs'] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
      throw new WhisperError('invalid_option', `${name} must be a number of milliseconds, 0 or more, got ${value}.`);
    }
  }
}

/** Audio that is kept around detected speech, in samples. */
export function paddingSamples({ paddingMs = DEFAULT_PADDING_MS }: TranscribeOptions): number {
  return Math.round((paddingMs * SAMPLE_RATE_HZ) / 1000);
}
