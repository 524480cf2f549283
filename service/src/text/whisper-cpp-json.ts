import type { Task } from '../whisper/decoding-options';
import type { DetectedLanguage } from '../whisper/language-detection';
import { languageName } from '../whisper/languages';
import { textOf, type Segment } from '../whisper/segments';
import type { Transcription } from '../whisper/transcribe';
import { mergePunctuation } from '../whisper/words/merge-punctuation';
import { scoreWords } from '../whisper/words/score-words';
import type { Vocabulary } from './logprobs';
import { tidySeconds } from './timestamp';

/** The `json` of whisper.cpp's server. */
export interface WhisperCppJson {
  /** A line a segment, each with its leading space. */
  readonly text: string;
}

/** The `verbose_json` of whisper.cpp's server. */
export interface WhisperCppVerboseJson extends WhisperCppJson {
  readonly task: Task;
  /** Full name in lower case, such as `english`. */
  readonly language: string;
  /** Seconds. */
  readonly duration: number;
  readonly segments: readonly WhisperCppSegment[];
  /** Full name. Present, with the two that follow, where the language was detected. */
  readonly detected_language?: string;
  readonly detected_language_probability?: number;
  /** By code; those above 0.001. */
  readonly language_probabilities?: Readonly<Record<string, number>>;
}

export interface WhisperCppSegment {
  readonly id: number;
  readonly text: string;
  /** Seconds. Absent, as `end`, where no timestamps were asked for. */
  readonly start?: number;
  readonly end?: number;
  /** Words, where whisper.cpp has tokens. */
  readonly words: readonly WhisperCppWord[];
  /** Of the text alone. */
  readonly tokens: readonly number[];
  /** That the segment was decoded at, where whisper.cpp repeats the request's. */
  readonly temperature: number;
  /** Mean of the text tokens' log-probabilities. */
  readonly avg_logprob: number;
  readonly no_speech_prob: number;
}

export interface WhisperCppWord {
  /** With its leading space. */
  readonly word: string;
  /** Seconds. Absent, as `end`, where the words were not timed. */
  readonly start?: number;
  readonly end?: number;
  /** Of its spelling, in 0…1. */
  readonly probability: number;
}

/** What the server's `verbose_json` shows. */
export interface WhisperCppDetail {
  readonly task: Task;
  /** Whether segments have their times. */
  readonly timestamps: boolean;
  /** All candidates, likeliest first. Default: none are shown. */
  readonly languages?: readonly DetectedLanguage[];
}

/** As the server's C++ does: less is not worth showing. */
const LEAST_LANGUAGE_PROBABILITY = 0.001;

export function whisperCppJson({ segments }: Transcription): WhisperCppJson {
  return { text: segments.map(({ text }) => `${text}\n`).join('') };
}

export function whisperCppVerboseJson(
  transcription: Transcription,
  vocabulary: Vocabulary,
  { task, timestamps, languages = [] }: WhisperCppDetail,
): WhisperCppVerboseJson {
  const [likeliest] = languages;
  return {
    task,
    language: languageName(transcription.language),
    duration: transcription.durationS,
    ...whisperCppJson(transcription),
    segments: transcription.segments.map((segment) => whisperCppSegment(segment, vocabulary, timestamps)),
    ...(likeliest && {
      detected_language: languageName(likeliest.language),
      detected_language_probability: likeliest.probability,
      language_probabilities: Object.fromEntries(
        languages
          .filter(({ probability }) => probability > LEAST_LANGUAGE_PROBABILITY)
          .map(({ language, probability }) => [language, probability]),
      ),
    }),
  };
}

function whisperCppSegment(
  segment: Segment,
  { tokenizer, special }: Vocabulary,
  timestamps: boolean,
): WhisperCppSegment {
  const text = textOf(segment, special);
  return {
    id: segment.id,
    text: segment.text,
    start: timestamps ? tidySeconds(segment.startS) : undefined,
    end: timestamps ? tidySeconds(segment.endS) : undefined,
    words:
      segment.words?.map(({ text: word, startS, endS, confidence }) => ({
        word,
        start: tidySeconds(startS),
        end: tidySeconds(endS),
        probability: confidence,
      })) ??
      mergePunctuation(scoreWords(text, tokenizer, segment.language)).map(({ text: word, confidence }) => ({
        word,
        probability: confidence,
      })),
    tokens: text.tokens,
    temperature: segment.temperature,
    // A segment holds at least one token of text, or it would be none.
    avg_logprob: text.logProbs.reduce((sum, logProb) => sum + logProb, 0) / text.logProbs.length,
    no_speech_prob: segment.noSpeechProb,
  };
}
