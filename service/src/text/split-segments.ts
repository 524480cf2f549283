import type { Segment, Word } from '../whisper/segments';
import type { TextTokenizer } from '../whisper/tokenizer';

/**
 * Segments of at most so many characters, cut between words; a longer word is a segment by itself (whisper.cpp
 * `max_len`, with `split_on_word`). A part has the tokens and the times of its words. Segments without timed words stay
 * as they are.
 */
export function splitSegments(
  segments: readonly Segment[],
  maxCharacters: number,
  tokenizer: TextTokenizer,
): readonly Segment[] {
  return segments
    .flatMap((segment) => parts(segment, maxCharacters, tokenizer))
    .map((segment, id) => ({ ...segment, id }));
}

function parts(segment: Segment, maxCharacters: number, tokenizer: TextTokenizer): readonly Segment[] {
  const lines = fill(segment.words ?? [], maxCharacters);
  if (lines.length < 2) return [segment];
  let text = '';
  let token = 0;
  let word = 0;
  return lines.map((words, index) => {
    const isLast = index === lines.length - 1;
    const [firstToken, firstWord] = [token, word];
    text += textOf(words);
    word += words.length;
    token = isLast ? segment.tokens.length : endOf(text.length, segment.tokens, token, tokenizer);
    return {
      ...segment,
      text: textOf(words),
      startS: index === 0 ? segment.startS : words[0]!.startS,
      endS: isLast ? segment.endS : words.at(-1)!.endS,
      words,
      wordConfidences: segment.wordConfidences.slice(firstWord, word),
      tokens: segment.tokens.slice(firstToken, token),
      tokenLogProbs: segment.tokenLogProbs.slice(firstToken, token),
    };
  });
}

/** Words in lines, each as full as it can be. */
function fill(words: readonly Word[], maxCharacters: number): readonly (readonly Word[])[] {
  const lines: Word[][] = [];
  let length = 0;
  for (const word of words) {
    const own = Array.from(word.text).length;
    if (lines.length > 0 && length + own <= maxCharacters) {
      lines.at(-1)!.push(word);
      length += own;
    } else {
      lines.push([word]);
      length = own;
    }
  }
  return lines;
}

/** Index of the first token behind the first `length` characters of the text: words are made of whole tokens. */
function endOf(length: number, tokens: readonly number[], from: number, tokenizer: TextTokenizer): number {
  for (let end = from + 1; end < tokens.length; end++) {
    const text = tokenizer.decode(tokens.slice(0, end));
    // Half a character is shown as one.
    if (text.length >= length && !text.endsWith('\ufffd')) return end;
  }
  return tokens.length;
}

function textOf(words: readonly Word[]): string {
  return words.map(({ text }) => text).join('');
}
