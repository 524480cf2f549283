import type { Segment, Word } from '../whisper/segments';
import type { Cue } from './cue';

/** How much of the text a cue shows at a time (openai/whisper's options of the same names). */
export interface CueLayout {
  /**
   * Most characters of a line; a longer word has a line to itself.
   *
   * @default - no limit
   */
  readonly maxLineWidth?: number;

  /**
   * Most lines of a cue. Together with {@link maxLineWidth} the lines are filled without regard to segments, and a new
   * cue begins after a pause.
   *
   * @default - no limit
   */
  readonly maxLineCount?: number;

  /**
   * Most words of a cue; 1 shows the words one by one. It has no effect where both others are given.
   *
   * @default - no limit
   */
  readonly maxWordsPerLine?: number;
}

/** A pause between the starts of two words after which filled lines begin anew, in seconds (openai/whisper). */
const LONG_PAUSE_S = 3;

/**
 * Cues of timed words, laid out as openai/whisper does (`utils.py`, `SubtitlesWriter`). A cue is shown from the start of
 * its first word to the end of its last one.
 */
export function wordCues(segments: readonly Segment[], layout: CueLayout): readonly Cue[] {
  const { maxLineWidth = Infinity, maxLineCount = Infinity, maxWordsPerLine = Infinity } = layout;
  const fillsLines = layout.maxLineWidth !== undefined && layout.maxLineCount !== undefined;
  const cues: Cue[] = [];
  let words: Word[] = [];
  let lines: string[] = [];
  let width = 0;
  let lastStartS = -Infinity;

  const endCue = (): void => {
    if (words.length > 0) cues.push({ startS: words[0]!.startS, endS: words.at(-1)!.endS, lines });
    words = [];
    lines = [];
  };

  for (const segment of segments) {
    const spoken = (segment.words ?? []).filter(({ text }) => text.trim() !== '');
    for (const [index, word] of spoken.entries()) {
      const paused = fillsLines && word.startS - lastStartS > LONG_PAUSE_S;
      const beginsGroup = !fillsLines && index % maxWordsPerLine === 0;
      const hasRoom = width + lengthOf(word.text) <= maxLineWidth;
      if (words.length > 0 && hasRoom && !paused && !beginsGroup) {
        lines.push(lines.pop()! + word.text);
        width += lengthOf(word.text);
      } else {
        if (paused || beginsGroup || lines.length >= maxLineCount) endCue();
        const text = word.text.trim();
        lines.push(text);
        width = lengthOf(text);
      }
      words.push(word);
      lastStartS = word.startS;
    }
  }
  endCue();
  return cues;
}

/** Characters, not UTF-16's halves of them. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}
