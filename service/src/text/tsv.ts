import type { Segment } from '../whisper/segments';
import { singleLine } from './single-line';
import { milliseconds } from './timestamp';

/** openai/whisper's `tsv`: a row a segment, with its start and end in whole milliseconds. */
export function tsv(segments: readonly Segment[]): string {
  const rows = segments.map(({ startS, endS, text }) => [
    milliseconds(startS),
    milliseconds(endS),
    singleLine(text).replaceAll('\t', ' '),
  ]);
  return [['start', 'end', 'text'], ...rows].map((row) => `${row.join('\t')}\n`).join('');
}
