import type { WordTokens } from './word-tokens';

/** What could be called the confidence of a word, in 0…1, by name. */
export type WordConfidence = (word: WordTokens) => number;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;

const product = (logProbs: readonly number[]): number => Math.exp(sum(logProbs));
const geometricMean = (logProbs: readonly number[]): number => Math.exp(mean(logProbs));
/** openai/whisper `timing.py`: `probability`. */
const arithmeticMean = (logProbs: readonly number[]): number => mean(logProbs.map(Math.exp));
const minimum = (logProbs: readonly number[]): number => Math.exp(Math.min(...logProbs));

const spelling =
  (of: (logProbs: readonly number[]) => number): WordConfidence =>
  (word) =>
    of(word.spelling);
const withPunctuation =
  (of: (logProbs: readonly number[]) => number): WordConfidence =>
  (word) =>
    of([...word.spelling, ...word.punctuation]);

/** The candidates. Those of the first four do not look at punctuation, whose absence makes no word wrong. */
export const WORD_CONFIDENCES = {
  product: spelling(product),
  minimum: spelling(minimum),
  'geometric mean': spelling(geometricMean),
  'arithmetic mean': spelling(arithmeticMean),
  'product, with punctuation': withPunctuation(product),
  'minimum, with punctuation': withPunctuation(minimum),
  'geometric mean, with punctuation': withPunctuation(geometricMean),
  'arithmetic mean, with punctuation': withPunctuation(arithmeticMean),
} satisfies Readonly<Record<string, WordConfidence>>;

/** What the report recommends, and is about where it says no other. */
export const RECOMMENDED_WORD_CONFIDENCE = 'product';

/** What the decoder says about a whole utterance. */
export interface UtteranceScores {
  /** At least one. */
  readonly words: readonly WordTokens[];
  /** Log-probabilities of all tokens, ends of text included. */
  readonly allLogProbs: readonly number[];
}

export type UtteranceConfidence = (scores: UtteranceScores) => number;

const textLogProbs = ({ words }: UtteranceScores): readonly number[] =>
  words.flatMap((word) => [...word.spelling, ...word.punctuation]);
const wordConfidences = ({ words }: UtteranceScores): readonly number[] =>
  words.map(WORD_CONFIDENCES[RECOMMENDED_WORD_CONFIDENCE]);

/** The candidates for an utterance, in 0…1, by name. */
export const UTTERANCE_CONFIDENCES = {
  'geometric mean of the text tokens': (scores) => geometricMean(textLogProbs(scores)),
  'exp(avg_logprob)': ({ allLogProbs }) => geometricMean(allLogProbs),
  'mean of the words': (scores) => mean(wordConfidences(scores)),
  'least of the words': (scores) => Math.min(...wordConfidences(scores)),
  'product of the words': (scores) => wordConfidences(scores).reduce((total, value) => total * value, 1),
  'product of all tokens': ({ allLogProbs }) => product(allLogProbs),
} satisfies Readonly<Record<string, UtteranceConfidence>>;
