import { WINDOW_SAMPLES } from './audio-format';
import type { Surroundings } from './model';
import type { SpecialTokens } from './special-tokens';
import { WhisperError } from './whisper-error';

/** What to do. */
export type Task = 'transcribe' | 'translate';

/** How to decode one window. */
export interface DecodingOptions {
  /**
   * Language code of the speech (`en`).
   *
   * @default - detected by the model; English where the model knows nothing else.
   */
  readonly language?: string;

  /**
   * Codes that the detection chooses among.
   *
   * @default - all languages of the model.
   */
  readonly candidateLanguages?: readonly string[];

  /** `transcribe` writes what was said, `translate` writes it in English. */
  readonly task: Task;

  /** Whether the model writes timestamps between the segments. Without them it needs fewer steps. */
  readonly timestamps: boolean;

  /**
   * 0 takes the likeliest token at each step; above, tokens are drawn from softmax(logits / temperature).
   *
   * Of several, the next is tried where the text of the one before repeats itself or is unlikely
   * ({@link compressionRatioThreshold}, {@link logProbThreshold}); that of the last one stands whatever it is like.
   */
  readonly temperature: number | readonly number[];

  /**
   * At a temperature above 0, how many texts are drawn; the likeliest stands (openai/whisper `best_of`).
   *
   * @default 1
   */
  readonly bestOf?: number;

  /**
   * At temperature 0, how many texts are pursued side by side, instead of the likeliest token alone.
   *
   * @default 1
   */
  readonly beamSize?: number;

  /**
   * A beam search ends when `patience` × {@link beamSize} texts have ended (arXiv:2204.05424).
   *
   * @default 1
   */
  readonly patience?: number;

  /**
   * How much longer texts are favoured when the likeliest of several is chosen, 0 to 1: the sum of the
   * log-probabilities is divided by ((5 + length) / 6) to this power (arXiv:1609.08144).
   *
   * @default - divided by the length
   */
  readonly lengthPenalty?: number;

  /**
   * Text that came before, as tokens; the model goes on in its style and vocabulary. The last 223 are used (half of the
   * decoder's 448 positions, less one for `<|startofprev|>`: openai/whisper `decoding.py`).
   *
   * @default - none
   */
  readonly promptTokens?: readonly number[];

  /**
   * Names and terms that may be said, as tokens: they stand before {@link promptTokens} and are never pushed out by them
   * (faster-whisper `hotwords`). The first 223 are used.
   *
   * @default - none
   */
  readonly hotWordTokens?: readonly number[];

  /**
   * Beginning of the window's text, as tokens; the model goes on behind it, and the result is without it. At most 219
   * (with a full prompt and the header, one of 448 positions is left).
   *
   * @default - none
   */
  readonly prefixTokens?: readonly number[];

  /**
   * Most tokens that are sampled.
   *
   * @default 224, half of the decoder's positions (openai/whisper `sample_len`)
   */
  readonly maxNewTokens?: number;

  /**
   * Probability of `<|nospeech|>` above which a window counts as no speech, unless its text is likely.
   *
   * @default 0.6 (openai/whisper `no_speech_threshold`)
   */
  readonly noSpeechThreshold?: number;

  /**
   * Ratio of the text's length to that of its compression above which it counts as repeating itself, so that the next
   * temperature is tried.
   *
   * @default 2.4 (openai/whisper `compression_ratio_threshold`)
   */
  readonly compressionRatioThreshold?: number;

  /**
   * Average log-probability above which a text is likely, whatever the no-speech probability says, and below which the
   * next temperature is tried, unless the window counts as no speech.
   *
   * @default -1 (openai/whisper `logprob_threshold`)
   */
  readonly logProbThreshold?: number;

  /**
   * Whether the words are timed, for which the text is read once more. `whole`: as one. `closed`: the segments that
   * `splitAtTimestamps` finds closed by themselves, as in openai/whisper, where the rest is decoded again.
   *
   * @default - words are not timed
   */
  readonly alignWords?: 'whole' | 'closed';

  /**
   * What the recording that the window is a part of adds to its spectrogram.
   *
   * @default - the window stands alone
   */
  readonly surroundings?: Surroundings;

  /**
   * Seed of the draws at a temperature above 0: the same seed and audio give the same text.
   *
   * @default 0
   */
  readonly seed?: number;
}

export const DEFAULT_NO_SPEECH_THRESHOLD = 0.6;
export const DEFAULT_LOG_PROB_THRESHOLD = -1;
export const DEFAULT_COMPRESSION_RATIO_THRESHOLD = 2.4;

/** Start, language, task and the token against timestamps. */
const HEADER_TOKENS = 4;

/** The temperatures of openai/whisper's `transcribe`. */
export const REFERENCE_TEMPERATURES: readonly number[] = [0, 0.2, 0.4, 0.6, 0.8, 1];

/** Temperatures of the options, in the order in which they are tried. */
export function temperaturesOf({ temperature }: Pick<DecodingOptions, 'temperature'>): readonly number[] {
  return typeof temperature === 'number' ? [temperature] : temperature;
}

/**
 * Checks the options against the model, before anything is computed.
 *
 * @throws WhisperError `invalid_option`, `unsupported_language`, `unsupported_task`
 */
export function checkDecodingOptions(options: DecodingOptions, special: SpecialTokens): void {
  const { patience, lengthPenalty, language, candidateLanguages, task, prefixTokens = [] } = options;
  const temperatures = temperaturesOf(options);
  if (temperatures.length === 0) {
    throw new WhisperError('invalid_option', 'temperature is an empty list: give at least one.');
  }
  for (const temperature of temperatures) {
    if (!Number.isFinite(temperature) || temperature < 0) {
      throw new WhisperError('invalid_option', `temperature must be a number of 0 or more, got ${temperature}.`);
    }
  }
  for (const name of ['maxNewTokens', 'bestOf', 'beamSize'] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      throw new WhisperError('invalid_option', `${name} must be a whole number above 0, got ${value}.`);
    }
  }
  const longestPrefix = (special.maxTargetPositions >> 1) - HEADER_TOKENS - 1;
  if (prefixTokens.length > longestPrefix) {
    throw new WhisperError(
      'invalid_option',
      `prefixTokens may have at most ${longestPrefix} tokens, got ${prefixTokens.length}.`,
    );
  }
  if (patience !== undefined && !(Number.isFinite(patience) && patience > 0)) {
    throw new WhisperError('invalid_option', `patience must be a number above 0, got ${patience}.`);
  }
  if (lengthPenalty !== undefined && !(lengthPenalty >= 0 && lengthPenalty <= 1)) {
    throw new WhisperError('invalid_option', `lengthPenalty must be a number from 0 to 1, got ${lengthPenalty}.`);
  }
  if (language !== undefined) checkLanguage(language, special);
  if (candidateLanguages?.length === 0) {
    throw new WhisperError('invalid_option', 'candidateLanguages is empty: name at least one, or leave it out.');
  }
  candidateLanguages?.forEach((candidate) => {
    checkLanguage(candidate, special);
  });
  if (task === 'translate' && (!special.multilingual || special.translate === undefined)) {
    throw new WhisperError(
      'unsupported_task',
      'This model cannot translate: it understands English only. Load a multilingual model, or ask for transcribe.',
    );
  }
}

/** @throws WhisperError `invalid_option` where a window is longer than the model can hear. */
export function checkWindowLength(samples: Float32Array): void {
  if (samples.length > WINDOW_SAMPLES) {
    throw new WhisperError(
      'invalid_option',
      `A window holds at most ${WINDOW_SAMPLES} samples (30 s at 16 kHz), got ${samples.length}. Cut the audio first.`,
    );
  }
}

function checkLanguage(language: string, special: SpecialTokens): void {
  const known = special.multilingual ? [...special.languages.keys()] : ['en'];
  if (!known.includes(language)) {
    throw new WhisperError(
      'unsupported_language',
      `This model does not know the language "${language}". It knows: ${known.join(', ')}.`,
    );
  }
}
