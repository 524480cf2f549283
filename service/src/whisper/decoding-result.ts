import type { DetectedLanguage } from './language-detection';
import type { ShortContextOutcome } from './short-context';
import type { AlignedWord } from './words/align-words';

/** What the model made of one window. */
export interface DecodingResult {
  /** Text and timestamp tokens, without the prompt and without end-of-text. */
  readonly tokens: readonly number[];

  /** Log-probability of each of `tokens`, at temperature 1 and among the tokens that the rules allowed. */
  readonly tokenLogProbs: readonly number[];

  /** Language code: the given one, or the detected one. */
  readonly language: string;

  /** Probability of `language` among the candidates; undefined where it was given, or the model knows only one. */
  readonly languageProbability: number | undefined;

  /** All candidates, likeliest first; undefined where {@link languageProbability} is. */
  readonly languageCandidates: readonly DetectedLanguage[] | undefined;

  /**
   * The words of the segments that `splitAtTimestamps` makes of `tokens`, in order, punctuation as words of its own;
   * undefined where they were not asked for.
   */
  readonly words: readonly AlignedWord[] | undefined;

  /**
   * Sum of the log-probabilities, that of end-of-text included, over the number of tokens plus one (openai/whisper
   * `decoding.py`). 0 is certain.
   */
  readonly avgLogProb: number;

  /** Probability of `<|nospeech|>` where the transcript starts, before any rule, in 0…1. */
  readonly noSpeechProb: number;

  /** Bytes of the text over bytes of its compression; above 2.4 it repeats itself. */
  readonly compressionRatio: number;

  /** Temperature that the tokens were chosen at. */
  readonly temperature: number;

  /**
   * Whether the window counts as speech: false where the no-speech probability is above its threshold and the text is
   * not likely enough to overrule it.
   */
  readonly isSpeech: boolean;

  /** Whether decoding stopped at the token limit instead of at end-of-text: the text may be cut off. */
  readonly reachedLimit: boolean;

  /** How it went at short context, where the window was heard so first; undefined where it was heard whole at once. */
  readonly shortContext?: ShortContextOutcome;
}
