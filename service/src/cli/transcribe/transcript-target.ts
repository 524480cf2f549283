import type { Segment } from '../../whisper/segments';
import type { Input } from './find-inputs';
import type { Transcript } from './transcript-format';

/** A file as it was when it was looked at, before it was read. */
export interface InputState {
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** Where transcripts go. */
export interface TranscriptTarget {
  /** Whether the transcript is there already. */
  isFinished(input: Input, state: InputState | undefined): Promise<boolean>;
  /** A piece of the transcript that will be written; undefined where only the whole counts. */
  readonly onSegment?: (segment: Segment) => void;
  /** @throws what the file system says */
  write(input: Input, state: InputState | undefined, transcript: Transcript): Promise<void>;
  /**
   * For formats that have a place for what went wrong.
   *
   * @param name of an input, or of a folder or glob in which there was none
   */
  fail(name: string, code: string, message: string): void;
}
