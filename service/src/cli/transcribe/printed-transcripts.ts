import type { Input } from './find-inputs';
import { failureLine, TRANSCRIPT_FORMATS, type Transcript, type TranscriptFormatName } from './transcript-format';
import type { InputState, TranscriptTarget } from './transcript-target';

/** Standard output for several inputs: each transcript in one piece, behind its name where the format has no place for it. */
export class PrintedTranscripts implements TranscriptTarget {
  /** @param print writes to standard output */
  constructor(
    private readonly format: TranscriptFormatName,
    private readonly print: (text: string) => void,
  ) {}

  isFinished(): Promise<boolean> {
    return Promise.resolve(false);
  }

  write({ name }: Input, _: InputState | undefined, transcript: Transcript): Promise<void> {
    const prefix = this.format === 'text' ? `${name}: ` : '';
    this.print(`${prefix}${TRANSCRIPT_FORMATS[this.format].write(transcript)}`);
    return Promise.resolve();
  }

  fail(name: string, code: string, message: string): void {
    if (this.format === 'jsonl') this.print(failureLine(name, code, message));
  }
}
