import { isWrittenWithSpaces } from '../languages';
import type { TextTokenizer } from '../tokenizer';

/** A word as the model wrote it. */
export interface TokenWord {
  /** With its leading space. */
  readonly text: string;
  readonly tokens: readonly number[];
}

/** ASCII's, in Python's order: a mark of several characters is one of these when it is a part of this text. */
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

const REPLACEMENT_CHARACTER = '�';

/**
 * Splits text tokens into words (openai/whisper `tokenizer.py`). A word begins with a space, and punctuation is a word of
 * its own; in languages that are written without spaces each character is one.
 *
 * @param tokens - text tokens only
 * @param language - code
 */
export function splitWords(
  tokens: readonly number[],
  tokenizer: TextTokenizer,
  language: string,
): readonly TokenWord[] {
  const characters = splitCharacters(tokens, tokenizer);
  if (!isWrittenWithSpaces(language)) return characters;
  const words: { text: string; tokens: number[] }[] = [];
  for (const { text, tokens: own } of characters) {
    const last = words.at(-1);
    if (last === undefined || text.startsWith(' ') || PUNCTUATION.includes(text.trim())) {
      words.push({ text, tokens: [...own] });
    } else {
      last.text += text;
      last.tokens.push(...own);
    }
  }
  return words;
}

/** The shortest runs of tokens that are text by themselves: a character's bytes may be spread over several tokens. */
function splitCharacters(tokens: readonly number[], tokenizer: TextTokenizer): readonly TokenWord[] {
  const all = tokenizer.decode(tokens);
  const pieces: TokenWord[] = [];
  let length = 0;
  let from = 0;
  for (let to = 1; to <= tokens.length; to++) {
    const run = tokens.slice(from, to);
    const text = tokenizer.decode(run);
    const incomplete = text.indexOf(REPLACEMENT_CHARACTER);
    // Bytes that make no character in the whole text either are not waiting for more.
    if (incomplete >= 0 && all[length + incomplete] !== REPLACEMENT_CHARACTER) continue;
    pieces.push({ text, tokens: run });
    length += text.length;
    from = to;
  }
  // A text that was cut off may end in the middle of a character.
  if (from < tokens.length) pieces.push({ text: tokenizer.decode(tokens.slice(from)), tokens: tokens.slice(from) });
  return pieces;
}
