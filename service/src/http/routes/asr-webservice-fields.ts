import type { RawFormat } from '../../audio/raw';
import { languageCode } from '../../whisper/languages';
import type { CueLayout } from '../../text/word-cues';
import { AUDIO_FILE, PROMPT } from '../forms/common-fields';
import type { FormSchema } from '../forms/form-schema';
import type { TranscriptionRequest } from '../transcription/transcription-request';

const OUTPUTS = ['txt', 'vtt', 'srt', 'tsv', 'json'] as const;

const ENCODE = {
  type: 'boolean',
  default: true,
  description:
    'Whether the file is in a format that has to be decoded. `false`: it is samples alone, 16-bit little-endian, mono, 16 kHz.',
} as const;

/** The form of both routes. */
export const ASR_FORM = {
  type: 'object',
  required: ['audio_file'],
  properties: {
    audio_file: AUDIO_FILE,
  },
} as const satisfies FormSchema;

/** The query of `POST /detect-language`. */
export const DETECT_LANGUAGE_QUERY = {
  type: 'object',
  properties: { encode: ENCODE },
} as const satisfies FormSchema;

/** The query of `POST /asr`. */
export const ASR_QUERY = {
  type: 'object',
  properties: {
    encode: ENCODE,
    task: {
      type: 'string',
      enum: ['transcribe', 'translate'],
      default: 'transcribe',
      description: '`translate`: text in English, whatever is spoken.',
    },
    language: {
      type: 'string',
      description: 'Code, name or tag of the language. Without it the language is detected.',
    },
    initial_prompt: PROMPT,
    word_timestamps: {
      type: 'boolean',
      default: false,
      description: 'Times of words, which json shows, and which segments then begin and end with.',
    },
    output: { type: 'string', enum: OUTPUTS, default: 'txt', description: 'Format of the answer.' },
    max_line_width: {
      type: 'integer',
      minimum: 1,
      maximum: 1000,
      description:
        "Not the webservice's but openai/whisper's, for srt and vtt, as the two that follow: most characters of a line. Any of them times the words.",
    },
    max_line_count: { type: 'integer', minimum: 1, maximum: 100, description: 'Most lines of a cue.' },
    max_words_per_line: {
      type: 'integer',
      minimum: 1,
      maximum: 1000,
      description: 'Most words of a cue; without effect where both others are given.',
    },
    vad_filter: {
      type: 'string',
      description: 'Taken, and without effect: what holds no speech is never given to the model.',
    },
    diarize: { type: 'string', description: 'Taken, and without effect: speakers are not told apart.' },
    min_speakers: { type: 'string', description: 'Taken, and without effect.' },
    max_speakers: { type: 'string', description: 'Taken, and without effect.' },
  },
} as const satisfies FormSchema;

/** The query of `POST /asr` once it is checked, as far as it has an effect. */
export interface AsrQuery {
  readonly encode: boolean;
  readonly task: 'transcribe' | 'translate';
  readonly language?: string;
  readonly initial_prompt?: string;
  readonly word_timestamps: boolean;
  readonly output: (typeof OUTPUTS)[number];
  readonly max_line_width?: number;
  readonly max_line_count?: number;
  readonly max_words_per_line?: number;
}

/** What `encode=false` means. */
const RAW_FORMAT: RawFormat = { encoding: 's16le', sampleRateHz: 16_000, channels: 1 };

export function rawFormat({ encode }: Pick<AsrQuery, 'encode'>): RawFormat | undefined {
  return encode ? undefined : RAW_FORMAT;
}

/** How the words of subtitles are laid out; undefined where they are shown by segments. */
export function cueLayout(query: AsrQuery): CueLayout | undefined {
  const { max_line_width: maxLineWidth, max_line_count: maxLineCount, max_words_per_line: maxWordsPerLine } = query;
  const isSubtitles = query.output === 'srt' || query.output === 'vtt';
  const isAsked = [maxLineWidth, maxLineCount, maxWordsPerLine].some((limit) => limit !== undefined);
  return isSubtitles && isAsked ? { maxLineWidth, maxLineCount, maxWordsPerLine } : undefined;
}

export function asrRequest(query: AsrQuery): TranscriptionRequest {
  return {
    task: query.task,
    language: query.language === undefined ? undefined : languageCode(query.language),
    temperature: 0,
    prompt: query.initial_prompt,
    timestamps: true,
    wordTimestamps: query.word_timestamps || cueLayout(query) !== undefined,
    rawFormat: rawFormat(query),
  };
}
