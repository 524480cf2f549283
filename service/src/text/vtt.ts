import { safeLines, type Cue } from './cue';
import { timestamp, type TimestampStyle } from './timestamp';

/**
 * WebVTT (w3.org/TR/webvtt1). Text is text: what would be read as markup or as a character's name is escaped, which
 * openai/whisper does not do.
 *
 * @param hours - `always` in OpenAI's API and whisper.cpp, `as needed` in openai/whisper; both are WebVTT
 */
export function vtt(cues: readonly Cue[], hours: TimestampStyle['hours']): string {
  const style: TimestampStyle = { decimalMark: '.', hours };
  const blocks = cues.map((cue) => {
    const text = safeLines(cue).map(escapeMarkup).join('\n');
    return `${timestamp(cue.startS, style)} --> ${timestamp(cue.endS, style)}\n${text}\n\n`;
  });
  return `WEBVTT\n\n${blocks.join('')}`;
}

function escapeMarkup(line: string): string {
  return line.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
