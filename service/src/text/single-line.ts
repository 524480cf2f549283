/** Control characters but the tab, and what Unicode knows as the end of a line. */
const LINE_BREAKING = /[^\P{Cc}\t]|[\u2028\u2029]/gu;

/**
 * A text as one line. Whisper's vocabulary holds line feeds and every other byte: left in a format that is read by its
 * lines, whoever speaks, or writes the prompt, could end a cue or a row and begin one of his own.
 */
export function singleLine(text: string): string {
  return text.replace(LINE_BREAKING, ' ').trim();
}
