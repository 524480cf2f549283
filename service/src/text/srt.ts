import { safeLines, type Cue } from './cue';
import { timestamp, type TimestampStyle } from './timestamp';

const STYLE: TimestampStyle = { decimalMark: ',', hours: 'always' };

/** SubRip, as openai/whisper and OpenAI's API write it. @param firstNumber of the first cue */
export function srt(cues: readonly Cue[], firstNumber = 1): string {
  return cues
    .map((cue, index) => {
      const [start, end] = [timestamp(cue.startS, STYLE), timestamp(cue.endS, STYLE)];
      return `${firstNumber + index}\n${start} --> ${end}\n${safeLines(cue).join('\n')}\n\n`;
    })
    .join('');
}
