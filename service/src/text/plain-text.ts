import type { Transcription } from '../whisper/transcribe';

/** OpenAI's `text` format: the transcript and a line feed. */
export function plainText({ text }: Transcription): string {
  return `${text}\n`;
}
