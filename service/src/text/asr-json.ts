import type { Segment } from '../whisper/segments';
import type { Transcription } from '../whisper/transcribe';
import { tidySeconds } from './timestamp';
import { verboseSegment, type VerboseSegment } from './verbose-json';

/** The `json` of whisper-asr-webservice, which is what openai/whisper's `transcribe()` returns. */
export interface AsrJson {
  readonly text: string;
  readonly segments: readonly AsrSegment[];
  /** Code, such as `en`. */
  readonly language: string;
}

export interface AsrSegment extends VerboseSegment {
  /** Present where words were asked for. */
  readonly words?: readonly AsrWord[];
}

/** A word as openai/whisper writes it: with its leading space. */
export interface AsrWord {
  readonly word: string;
  /** Seconds. */
  readonly start: number;
  /** Seconds. */
  readonly end: number;
  /** Mean probability of its tokens, in 0…1. */
  readonly probability: number;
}

export function asrJson({ text, segments, language }: Transcription): AsrJson {
  return { text, segments: segments.map(asrSegment), language };
}

function asrSegment(segment: Segment): AsrSegment {
  const words = segment.words?.map(({ text, startS, endS, probability }) => ({
    word: text,
    start: tidySeconds(startS),
    end: tidySeconds(endS),
    probability,
  }));
  return { ...verboseSegment(segment), words };
}
