import type { TokenWord } from './split-words';

/** Marks that belong to the word behind them, if a space precedes (openai/whisper `prepend_punctuations`). */
const OPENING = '"\'“¿([{-';

/** Marks that belong to the word before them (openai/whisper `append_punctuations`). */
const CLOSING = '"\'.。,，!！?？:：”)]}、';

/**
 * Punctuation becomes part of the word that it belongs to, which keeps its times and its confidence (openai/whisper
 * `timing.py`, `merge_punctuations`).
 */
export function mergePunctuation<W extends TokenWord>(words: readonly W[]): readonly W[] {
  const opened: W[] = [];
  for (const word of [...words].reverse()) {
    const next = opened[0];
    if (next !== undefined && word.text.startsWith(' ') && OPENING.includes(word.text.trim())) {
      opened[0] = { ...next, text: word.text + next.text, tokens: [...word.tokens, ...next.tokens] };
    } else {
      opened.unshift(word);
    }
  }
  const closed: W[] = [];
  for (const word of opened) {
    const last = closed.at(-1);
    if (last !== undefined && !last.text.endsWith(' ') && CLOSING.includes(word.text)) {
      closed[closed.length - 1] = { ...last, text: last.text + word.text, tokens: [...last.tokens, ...word.tokens] };
    } else {
      closed.push(word);
    }
  }
  return closed;
}
