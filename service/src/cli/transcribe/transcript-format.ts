import { segmentCues, type Cue } from '../../text/cue';
import { transcriptionJson } from '../../text/json';
import { plainText } from '../../text/plain-text';
import { srt } from '../../text/srt';
import { tsv } from '../../text/tsv';
import { verboseJson, type Granularity, type TranscriptionVerboseJson } from '../../text/verbose-json';
import { vtt } from '../../text/vtt';
import { wordCues, type CueLayout } from '../../text/word-cues';
import type { Task } from '../../whisper/decoding-options';
import type { Transcription } from '../../whisper/transcribe';

/** A transcript with what a writer may want to know of its making. */
export interface Transcript {
  /** As messages name the audio. */
  readonly name: string;
  readonly transcription: Transcription;
  readonly task: Task;
  readonly hasWords: boolean;
  /** Of subtitles with words. */
  readonly layout: CueLayout;
}

export const TRANSCRIPT_FORMAT_NAMES = ['text', 'json', 'jsonl', 'verbose_json', 'srt', 'vtt', 'tsv'] as const;

export type TranscriptFormatName = (typeof TRANSCRIPT_FORMAT_NAMES)[number];

interface TranscriptFormat {
  /** Of the files that hold it. */
  readonly extension: string;
  /** Whether segments with times are part of it. */
  readonly hasTimes: boolean;
  /** Whether it shows, or is timed by, words where they were asked for. */
  readonly hasWords: boolean;
  /** Whether transcripts one after the other are still of the format. */
  readonly isSequence: boolean;
  /** The whole content of a file. */
  readonly write: (transcript: Transcript) => string;
}

/** By the name that `--format` has for it. */
export const TRANSCRIPT_FORMATS: Readonly<Record<TranscriptFormatName, TranscriptFormat>> = {
  text: {
    extension: 'txt',
    hasTimes: false,
    hasWords: false,
    isSequence: true,
    write: ({ transcription }) => plainText(transcription),
  },
  json: {
    extension: 'json',
    hasTimes: false,
    hasWords: false,
    isSequence: true,
    write: ({ transcription }) => `${JSON.stringify(transcriptionJson(transcription))}\n`,
  },
  jsonl: {
    extension: 'jsonl',
    hasTimes: true,
    hasWords: true,
    isSequence: true,
    write: (transcript) => `${JSON.stringify({ file: transcript.name, ...verbose(transcript) })}\n`,
  },
  verbose_json: {
    extension: 'json',
    hasTimes: true,
    hasWords: true,
    isSequence: true,
    write: (transcript) => `${JSON.stringify(verbose(transcript), null, 2)}\n`,
  },
  srt: {
    extension: 'srt',
    hasTimes: true,
    hasWords: true,
    isSequence: false,
    write: (transcript) => srt(cuesOf(transcript)),
  },
  vtt: {
    extension: 'vtt',
    hasTimes: true,
    hasWords: true,
    isSequence: false,
    // As the server's API writes it.
    write: (transcript) => vtt(cuesOf(transcript), 'always'),
  },
  tsv: {
    extension: 'tsv',
    hasTimes: true,
    hasWords: false,
    isSequence: false,
    write: ({ transcription }) => tsv(transcription.segments),
  },
};

/** The line of `jsonl` that stands for a file that failed. */
export function failureLine(name: string, code: string, message: string): string {
  return `${JSON.stringify({ file: name, error: { code, message } })}\n`;
}

function cuesOf({ transcription: { segments }, hasWords, layout }: Transcript): readonly Cue[] {
  return hasWords ? wordCues(segments, layout) : segmentCues(segments);
}

function verbose({ transcription, task, hasWords }: Transcript): TranscriptionVerboseJson {
  const granularities: Granularity[] = hasWords ? ['segment', 'word'] : ['segment'];
  return verboseJson(transcription, task, new Set(granularities));
}
