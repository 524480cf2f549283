import type { Segment } from '../whisper/segments';
import { singleLine } from './single-line';

/** openai/whisper's `txt`: a line a segment. */
export function segmentLines(segments: readonly Segment[]): string {
  return segments.map(({ text }) => `${singleLine(text)}\n`).join('');
}
