import type { TextTokenizer } from '../tokenizer';
import { splitWords, type TokenWord } from './split-words';

/** A word, and how sure the model was of it. */
export interface ScoredWord extends TokenWord {
  /**
   * Probability of its spelling, in 0…1: the product of the probabilities of its tokens, among those that the rules
   * allowed. Of the candidates that leave punctuation out it is the nearest to the share of
   * words that are right (docs/confidence.md).
   */
  readonly confidence: number;
}

/**
 * Splits a text into words (see {@link splitWords}), each with its confidence.
 *
 * @param tokens - text tokens only
 * @param logProbs - of each of `tokens`
 */
export function scoreWords(
  { tokens, logProbs }: { readonly tokens: readonly number[]; readonly logProbs: readonly number[] },
  tokenizer: TextTokenizer,
  language: string,
): readonly ScoredWord[] {
  let at = 0;
  return splitWords(tokens, tokenizer, language).map((word) => {
    const own = logProbs.slice(at, (at += word.tokens.length));
    return { ...word, confidence: Math.exp(own.reduce((sum, logProb) => sum + logProb, 0)) };
  });
}
