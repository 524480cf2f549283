import { isWrittenWithSpaces } from './languages';

/**
 * Joins the texts of segments, trimmed once at both ends.
 *
 * Whisper begins a segment with a space where the language has spaces. Models that were fine-tuned on bare text do not:
 * there a word would run into the one before it, so a space is put between them.
 */
export function joinTexts(texts: readonly string[], language: string): string {
  const glue = isWrittenWithSpaces(language) ? ' ' : '';
  return texts
    .reduce(
      (joined, text) => joined + (/\S$/.test(joined) && /^[^\s.,!?;:)\]}%…’”'-]/u.test(text) ? glue : '') + text,
      '',
    )
    .trim();
}
