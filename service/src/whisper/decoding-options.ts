import { WINDOW_SAMPLES } from './audio-format';
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

  /** 0 takes the likeliest token at each step; above, tokens are drawn from softmax(logits / temperature). */
  readonly temperature: number;

  /**
   * Text that came before, as tokens; the model goes on in its style and vocabulary. The last 223 are used (half of the
   * decoder's 448 positions, less one for `<|startofprev|>`: openai/whisper `decoding.py`).
   *
   * @default - none
   */
  readonly promptTokens?: readonly number[];

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
   * Average log-probability above which a text is likely, whatever the no-speech probability says.
   *
   * @default -1 (openai/whisper `logprob_threshold`)
   */
  readonly logProbThreshold?: number;

  /**
   * Seed of the draws at a temperature above 0: the same seed and audio give the same text.
   *
   * @default 0
   */
  readonly seed?: number;
}

export const DEFAULT_NO_SPEECH_THRESHOLD = 0.6;
export const DEFAULT_LOG_PROB_THRESHOLD = -1;

/**
 * Checks the options against the model, before anything is computed.
 *
 * @throws WhisperError `invalid_option`, `unsupported_language`, `unsupported_task`
 */
export function checkDecodingOptions(options: DecodingOptions, special: SpecialTokens): void {
  const { temperature, maxNewTokens, language, candidateLanguages, task } = options;
  if (!Number.isFinite(temperature) || temperature < 0) {
    throw new WhisperError('invalid_option', `temperature must be a number of 0 or more, got ${temperature}.`);
  }
  if (maxNewTokens !== undefined && !(Number.isInteger(maxNewTokens) && maxNewTokens > 0)) {
    throw new WhisperError('invalid_option', `maxNewTokens must be a whole number above 0, got ${maxNewTokens}.`);
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
