import { SAMPLE_RATE_HZ, TIMESTAMPS_PER_SECOND, WINDOW_SAMPLES } from './audio-format';
import {
  DEFAULT_COMPRESSION_RATIO_THRESHOLD,
  DEFAULT_LOG_PROB_THRESHOLD,
  DEFAULT_NO_SPEECH_THRESHOLD,
  temperaturesOf,
  type DecodingOptions,
} from './decoding-options';
import type { DetectedLanguage } from './language-detection';
import type { JudgedText } from './temperature-fallback';
import type { TextTokenizer } from './tokenizer';

/**
 * Encoding a window's own audio and a margin behind it, instead of the 30 s that Whisper was trained on. Attention is all
 * that the encoder does, so that a short utterance then costs a fraction; and weights that never heard less than 30 s may
 * answer with endless repetition. Hence the guard: a text that anything speaks against counts for nothing, and the
 * window is heard again, whole.
 */
export interface ShortContext {
  /** Silence behind the audio that is encoded with it, in seconds, 0 or more. */
  readonly marginSeconds: number;
}

/** What speaks against a text that was written at short context. */
export type ShortContextDoubt =
  /** It did not come to an end within the tokens that speech of this length can need. */
  | 'unended'
  /** Its compression ratio is above the threshold. */
  | 'repetition'
  /** The model takes the window for silence, or writes nothing: whoever sent it has heard somebody speak. */
  | 'no-speech'
  /** Its average log-probability is below the threshold. */
  | 'unlikely'
  /** The language was to be detected, and none is clearly the likeliest. */
  | 'language';

/** How it went with a window that was heard at short context first. */
export interface ShortContextOutcome {
  /** Why it was heard again; undefined where the first text stands. */
  readonly doubt: ShortContextDoubt | undefined;
}

/** How a window is heard at short context. */
export interface ShortHearing {
  /** Positions of the encoder's output, of 20 ms. */
  readonly positions: number;
  /** What of the options is different. */
  readonly options: Pick<DecodingOptions, 'temperature' | 'maxNewTokens'>;
}

/** Positions of a whole window. */
const WINDOW_POSITIONS = (WINDOW_SAMPLES / SAMPLE_RATE_HZ) * TIMESTAMPS_PER_SECOND;

/**
 * Tokens that a text at short context may have. Where a repetition is all that is to be caught, 6 a second are enough
 * (Moonshine `model.py`; sherpa-onnx `offline-whisper-greedy-search-decoder.cc`): fast English has 5. The rest is for
 * timestamps, and for short words in short windows.
 */
const TOKEN_CAP = { tokens: 16, tokensPerSecond: 7 };

/** Probability of a language above which it counts as detected (faster-whisper `language_detection_threshold`). */
const CLEAR_LANGUAGE_PROBABILITY = 0.5;

/**
 * @param samples - of the window
 * @returns undefined where the window has to be heard whole: it is part of a recording's spectrogram, its audio and the
 * margin fill it, or its text is to be cut sooner than the guard could tell a text without an end
 */
export function planShortHearing(
  samples: number,
  { marginSeconds }: ShortContext,
  options: DecodingOptions,
): ShortHearing | undefined {
  if (options.surroundings !== undefined) return undefined;
  const audioPositions = Math.ceil((samples * TIMESTAMPS_PER_SECOND) / SAMPLE_RATE_HZ);
  const positions = audioPositions + Math.ceil(marginSeconds * TIMESTAMPS_PER_SECOND);
  if (positions >= WINDOW_POSITIONS) return undefined;
  const maxNewTokens = TOKEN_CAP.tokens + Math.ceil((TOKEN_CAP.tokensPerSecond * samples) / SAMPLE_RATE_HZ);
  if ((options.maxNewTokens ?? Infinity) < maxNewTokens) return undefined;
  // Other temperatures are for texts that come out badly also where the window is heard whole.
  return { positions, options: { temperature: temperaturesOf(options)[0]!, maxNewTokens } };
}

/** What is known of a text when it is written. */
interface WrittenText {
  readonly text: JudgedText;
  readonly noSpeechProb: number;
  /** Undefined where the language was given. */
  readonly detected: readonly DetectedLanguage[] | undefined;
}

/**
 * What speaks against a text that was written at short context, the surest first. Thresholds of the caller's count where
 * they are stricter than the defaults: the guard is not the caller's to open.
 */
export function shortContextDoubt(
  { text, noSpeechProb, detected }: WrittenText,
  options: DecodingOptions,
  tokenizer: TextTokenizer,
): ShortContextDoubt | undefined {
  const {
    compressionRatioThreshold = DEFAULT_COMPRESSION_RATIO_THRESHOLD,
    logProbThreshold = DEFAULT_LOG_PROB_THRESHOLD,
    noSpeechThreshold = DEFAULT_NO_SPEECH_THRESHOLD,
  } = options;
  if (!text.ended) return 'unended';
  if (text.compressionRatio > Math.min(compressionRatioThreshold, DEFAULT_COMPRESSION_RATIO_THRESHOLD)) {
    return 'repetition';
  }
  const isSilence = noSpeechProb > Math.min(noSpeechThreshold, DEFAULT_NO_SPEECH_THRESHOLD);
  if (isSilence || tokenizer.decode(text.tokens).trim() === '') return 'no-speech';
  if (text.avgLogProb < Math.max(logProbThreshold, DEFAULT_LOG_PROB_THRESHOLD)) return 'unlikely';
  if (detected !== undefined && !(detected[0]!.probability > CLEAR_LANGUAGE_PROBABILITY)) return 'language';
  return undefined;
}
