import type { Segment } from '../whisper/segments';
import { singleLine } from './single-line';

/** A piece of text with the time that it is shown. */
export interface Cue {
  /** Seconds. */
  readonly startS: number;
  /** Seconds. */
  readonly endS: number;
  readonly lines: readonly string[];
}

/** A cue for each segment. */
export function segmentCues(segments: readonly Segment[]): readonly Cue[] {
  return segments.map(({ startS, endS, text }) => ({ startS, endS, lines: [text] }));
}

/**
 * A cue's lines as SRT and WebVTT can hold them: none is blank, which would end the cue, and none holds an arrow, which
 * would make it a time. Arrows become `->` as in openai/whisper, which forgets those with a longer shaft: `--->`.
 */
export function safeLines({ lines }: Cue): readonly string[] {
  return lines.map((line) => singleLine(line).replace(/-{2,}>/g, '->')).filter((line) => line !== '');
}
