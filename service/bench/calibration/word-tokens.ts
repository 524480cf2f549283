import type { TextTokenizer } from '../../src/whisper/tokenizer';
import { splitWords } from '../../src/whisper/words/split-words';

/** A text token of a transcript, with what the decoder thought of it. */
export interface ScoredToken {
  readonly token: number;
  /** Natural logarithm of its probability. */
  readonly logProb: number;
}

/** A word of a transcript and the tokens that spell it. */
export interface WordTokens {
  /** As it stands in the text, punctuation behind it included, without the space in front. */
  readonly text: string;
  /** Log-probabilities of the tokens that spell the word. */
  readonly spelling: readonly number[];
  /** Log-probabilities of the punctuation that belongs to the word. */
  readonly punctuation: readonly number[];
}

/**
 * Parts a transcript's tokens into words as the server does, and keeps the punctuation behind a word apart from its
 * spelling.
 */
export function partIntoWords(
  tokens: readonly ScoredToken[],
  tokenizer: TextTokenizer,
  language: string,
): readonly WordTokens[] {
  const words: { text: string; spelling: number[]; punctuation: number[] }[] = [];
  let at = 0;
  const ids = tokens.map(({ token }) => token);
  for (const { text, tokens: own } of splitWords(ids, tokenizer, language)) {
    const logProbs = tokens.slice(at, (at += own.length)).map(({ logProb }) => logProb);
    const last = words.at(-1);
    if (/^\s*[\p{P}\p{S}]+$/u.test(text) && last !== undefined) {
      last.text += text.trim();
      last.punctuation.push(...logProbs);
    } else {
      words.push({ text: text.trim(), spelling: logProbs, punctuation: [] });
    }
  }
  return words;
}
