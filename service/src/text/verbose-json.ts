import type { Task } from '../whisper/decoding-options';
import { languageName } from '../whisper/languages';
import type { Transcription } from '../whisper/transcribe';
import { durationUsage, type DurationUsage } from './json';

/** OpenAI's `verbose_json` format. */
export interface TranscriptionVerboseJson {
  readonly task: Task;
  /** Full name in lower case, such as `english`. */
  readonly language: string;
  /** Seconds. */
  readonly duration: number;
  readonly text: string;
  readonly segments: readonly VerboseSegment[];
  readonly usage: DurationUsage;
}

export interface VerboseSegment {
  readonly id: number;
  /** Start of the window that the segment was decoded in, in mel frames of 10 ms. */
  readonly seek: number;
  /** Seconds. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly tokens: readonly number[];
  readonly temperature: number;
  readonly avg_logprob: number;
  readonly compression_ratio: number;
  readonly no_speech_prob: number;
}

export function verboseJson(transcription: Transcription, task: Task): TranscriptionVerboseJson {
  return {
    task,
    language: languageName(transcription.language),
    duration: transcription.durationS,
    text: transcription.text,
    segments: transcription.segments.map((segment) => ({
      id: segment.id,
      seek: segment.seekFrames,
      start: milliseconds(segment.startS),
      end: milliseconds(segment.endS),
      text: segment.text,
      tokens: segment.tokens,
      temperature: segment.temperature,
      avg_logprob: segment.avgLogProb,
      compression_ratio: segment.compressionRatio,
      no_speech_prob: segment.noSpeechProb,
    })),
    usage: durationUsage(transcription.durationS),
  };
}

/** Sums of sample counts carry noise in their last digits: 3.4200000000000004. */
function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
