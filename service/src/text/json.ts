import type { Transcription } from '../whisper/transcribe';

/** OpenAI's `json` format. */
export interface TranscriptionJson {
  readonly text: string;
  readonly usage: DurationUsage;
}

/** What was billed, in OpenAI's terms: whole seconds of audio. */
export interface DurationUsage {
  readonly type: 'duration';
  readonly seconds: number;
}

export function transcriptionJson({ text, durationS }: Transcription): TranscriptionJson {
  return { text, usage: durationUsage(durationS) };
}

export function durationUsage(durationS: number): DurationUsage {
  return { type: 'duration', seconds: Math.ceil(durationS) };
}
