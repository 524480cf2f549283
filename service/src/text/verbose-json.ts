import type { Task } from '../whisper/decoding-options';
import type { HallucinationVerdict } from '../whisper/hallucination';
import { languageName } from '../whisper/languages';
import { meanConfidence } from '../whisper/words/mean-confidence';
import type { Segment, Word } from '../whisper/segments';
import type { Transcription } from '../whisper/transcribe';
import { durationUsage, type DurationUsage } from './json';
import { tidySeconds } from './timestamp';

/** OpenAI's `verbose_json` format. */
export interface TranscriptionVerboseJson {
  readonly task: Task;
  /** Full name in lower case, such as `english`. */
  readonly language: string;
  /** Seconds. */
  readonly duration: number;
  readonly text: string;
  /** Present unless words alone were asked for. */
  readonly segments?: readonly VerboseSegment[];
  /** Present where words were asked for. */
  readonly words?: readonly VerboseWord[];
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
  /** Not OpenAI's: mean of the confidences of its words, in 0…1. */
  readonly confidence: number;
  /** Not OpenAI's: present where the segment was probably never said. */
  readonly hallucination?: HallucinationVerdict;
}

/** A word as OpenAI writes it: without the spaces around it. */
export interface VerboseWord {
  readonly word: string;
  /** Seconds. */
  readonly start: number;
  readonly end: number;
  /** Not OpenAI's: how sure the model was of the word, in 0…1. */
  readonly confidence: number;
  /** Not OpenAI's but openai/whisper's: mean probability of the word's tokens, in 0…1. */
  readonly probability: number;
}

/** What a transcript is shown by. */
export type Granularity = 'segment' | 'word';

export function verboseJson(
  transcription: Transcription,
  task: Task,
  granularities: ReadonlySet<Granularity>,
): TranscriptionVerboseJson {
  const { segments } = transcription;
  return {
    task,
    // Of the text: a translation's is English, whatever is spoken.
    language: task === 'translate' ? 'english' : languageName(transcription.language),
    duration: transcription.durationS,
    text: transcription.text,
    segments: granularities.has('segment') ? segments.map(verboseSegment) : undefined,
    words: granularities.has('word') ? segments.flatMap(({ words = [] }) => words.map(verboseWord)) : undefined,
    usage: durationUsage(transcription.durationS),
  };
}

/** A segment as openai/whisper and OpenAI's API write it. */
export function verboseSegment(segment: Segment): VerboseSegment {
  return {
    id: segment.id,
    seek: segment.seekFrames,
    start: tidySeconds(segment.startS),
    end: tidySeconds(segment.endS),
    text: segment.text,
    tokens: segment.tokens,
    temperature: segment.temperature,
    avg_logprob: segment.avgLogProb,
    compression_ratio: segment.compressionRatio,
    no_speech_prob: segment.noSpeechProb,
    confidence: meanConfidence(segment.wordConfidences)!,
    hallucination: segment.hallucination,
  };
}

function verboseWord({ text, startS, endS, confidence, probability }: Word): VerboseWord {
  return { word: text.trim(), start: tidySeconds(startS), end: tidySeconds(endS), confidence, probability };
}
