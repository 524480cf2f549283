import type { Transcription } from '../whisper/transcribe';
import { logprobs, type TokenLogprob, type Vocabulary } from './logprobs';

/** OpenAI's `json` format. */
export interface TranscriptionJson {
  readonly text: string;
  /** Present where they were asked for. */
  readonly logprobs?: readonly TokenLogprob[];
  readonly usage: DurationUsage;
}

/** What was billed, in OpenAI's terms: whole seconds of audio. */
export interface DurationUsage {
  readonly type: 'duration';
  readonly seconds: number;
}

/** @param vocabulary - given where the tokens' log-probabilities are asked for (`include[]=logprobs`) */
export function transcriptionJson(
  { text, segments, durationS }: Transcription,
  vocabulary?: Vocabulary,
): TranscriptionJson {
  return { text, logprobs: vocabulary && logprobs(segments, vocabulary), usage: durationUsage(durationS) };
}

export function durationUsage(durationS: number): DurationUsage {
  return { type: 'duration', seconds: Math.ceil(durationS) };
}
