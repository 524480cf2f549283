import { SAMPLE_RATE_HZ } from './audio-format';
import type { DecodingOptions } from './decoding-options';
import { WhisperError } from './whisper-error';

/** What becomes of segments that were probably never said. */
export type HallucinationPolicy = (typeof HALLUCINATION_POLICIES)[number];

export const HALLUCINATION_POLICIES = ['keep', 'flag', 'drop'] as const;

/** How to transcribe audio of any length. */
export interface TranscribeOptions extends Omit<DecodingOptions, 'alignWords' | 'surroundings'> {
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
   * `sequential` only: whether every window sees {@link promptTokens}, before the text before it (openai/whisper
   * `carry_initial_prompt`).
   *
   * @default false
   */
  readonly carryPrompt?: boolean;

  /**
   * Whether segments come with their words and those with their times. The text is read once more for it.
   *
   * @default false
   */
  readonly wordTimestamps?: boolean;

  /**
   * `sequential` with `wordTimestamps` only: where a window holds doubtful text beside silence longer than this, in
   * seconds, the silence is skipped and the text heard again (openai/whisper `hallucination_silence_threshold`).
   *
   * @default - never
   */
  readonly hallucinationSilenceThresholdS?: number;

  /**
   * What becomes of segments that were probably never said (hallucination.ts): kept unseen, kept with the verdict, or
   * left out. Those that are merely unlikely are kept with the verdict also then: on a bad line speech is unlikely, too.
   *
   * @default 'flag'
   */
  readonly hallucinations?: HallucinationPolicy;

  /**
   * `sequential` only: whether a window sees the text before it. It keeps names and style, and carries mistakes on.
   * Text of a temperature above 0.5 is not carried on (openai/whisper `transcribe.py`).
   *
   * @default false
   */
  readonly conditionOnPreviousText?: boolean;

  /**
   * `pauses` only: pauses between two regions of speech that are shorter than this stay inside a window, in
   * milliseconds. Each window costs a run of the encoder over 30 s, however short it is; small models lose their place
   * in windows full of sentences.
   *
   * @default - the model's own preference, or else 2000 (faster-whisper's `min_silence_duration_ms`)
   */
  readonly joinPauseMs?: number;

  /**
   * Audio that is kept around the regions of speech, in milliseconds; at most up to the middle of a pause.
   *
   * @default 300
   */
  readonly paddingMs?: number;
}

/**
 * Temperatures for callers who wait: a text that comes out badly is tried twice more, where openai/whisper tries five
 * times. The second draws from much the same tokens, the third leaves the rut.
 */
export const PROMPT_TEMPERATURES: readonly number[] = [0, 0.2, 0.6];

export const DEFAULT_JOIN_PAUSE_MS = 2000;

/**
 * Most tokens that a stretch of speech can need: the fastest speech in the scripts that take most tokens a syllable. A
 * model that repeats itself is stopped there, long before Whisper's 224 tokens.
 */
const BUDGET = { tokens: 16, tokensPerSecond: 25 };

/** @param samples - of the window that a stretch of speech is decoded in */
export function tokenBudget(samples: Float32Array): number {
  return BUDGET.tokens + Math.ceil((BUDGET.tokensPerSecond * samples.length) / SAMPLE_RATE_HZ);
}

/** Soft beginnings and endings of words lie below a detector's threshold, and more audio costs the encoder nothing. */
const DEFAULT_PADDING_MS = 300;

/** @throws WhisperError `invalid_option` */
export function checkTranscribeOptions(options: TranscribeOptions): void {
  const silenceS = options.hallucinationSilenceThresholdS;
  if (silenceS !== undefined && !(Number.isFinite(silenceS) && silenceS >= 0)) {
    throw new WhisperError(
      'invalid_option',
      `hallucinationSilenceThresholdS must be a number of seconds, 0 or more, got ${silenceS}.`,
    );
  }
  for (const name of ['joinPauseMs', 'paddingMs'] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
      throw new WhisperError('invalid_option', `${name} must be a number of milliseconds, 0 or more, got ${value}.`);
    }
  }
}

/** The option, or its default, in samples. */
export function paddingSamplesOf({ paddingMs = DEFAULT_PADDING_MS }: Pick<TranscribeOptions, 'paddingMs'>): number {
  return Math.round((paddingMs * SAMPLE_RATE_HZ) / 1000);
}
