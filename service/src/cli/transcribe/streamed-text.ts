import type { Task } from '../../whisper/decoding-options';
import type { Segment } from '../../whisper/segments';
import { joinTexts } from '../../whisper/transcript-text';
import type { TranscriptTarget } from './transcript-target';

/** Standard output for the text of one input, as it comes: the text of an hour is read while it is written. */
export class StreamedText implements TranscriptTarget {
  private readonly texts: string[] = [];
  private printed = '';

  constructor(
    private readonly task: Task,
    private readonly print: (text: string) => void,
  ) {}

  isFinished(): Promise<boolean> {
    return Promise.resolve(false);
  }

  readonly onSegment = ({ text, language }: Segment): void => {
    this.texts.push(text);
    const joined = joinTexts(this.texts, this.task === 'translate' ? 'en' : language);
    this.print(joined.slice(this.printed.length));
    this.printed = joined;
  };

  write(): Promise<void> {
    this.print('\n');
    return Promise.resolve();
  }

  fail(): void {
    // A text that broke off ends its line.
    if (this.printed !== '') this.print('\n');
  }
}
