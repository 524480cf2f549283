import { AUDIO_FILE, PROMPT, RESPONSE_FORMAT, TEMPERATURE, type ResponseFormat } from '../forms/common-fields';
import type { FormSchema } from '../forms/form-schema';

const MODEL = {
  type: 'string',
  description: 'Served by the loaded model, whatever the name, unless STT_MODEL_NAMES is `known`.',
} as const;
const CHANNEL = {
  type: 'integer',
  minimum: 0,
  maximum: 255,
  description: "Not OpenAI's: the channel to listen to, from 0 on. Without it the mean of all.",
} as const;
const HALLUCINATIONS = {
  type: 'string',
  enum: ['keep', 'flag', 'drop'],
  default: 'flag',
  description: "Not OpenAI's: what becomes of segments that were probably never said.",
} as const;

/** `POST /v1/audio/translations`. */
export const TRANSLATION_FORM = {
  type: 'object',
  required: ['file'],
  properties: {
    file: AUDIO_FILE,
    model: MODEL,
    prompt: PROMPT,
    response_format: RESPONSE_FORMAT,
    temperature: TEMPERATURE,
    hallucinations: HALLUCINATIONS,
    channel: CHANNEL,
  },
} as const satisfies FormSchema;

/** `POST /v1/audio/transcriptions`. */
export const TRANSCRIPTION_FORM = {
  type: 'object',
  required: ['file'],
  properties: {
    file: AUDIO_FILE,
    model: MODEL,
    language: {
      type: 'string',
      description: 'Code, name or tag of the language: `en`, `english`, `en-US`. Without it the language is detected.',
    },
    languages: {
      type: 'array',
      items: { type: 'string' },
      description: 'What the detection chooses among, as codes, names or tags.',
    },
    keywords: {
      type: 'array',
      items: { type: 'string' },
      description: 'Names and terms that may be said.',
    },
    prompt: PROMPT,
    response_format: RESPONSE_FORMAT,
    temperature: TEMPERATURE,
    timestamp_granularities: {
      type: 'array',
      items: { type: 'string', enum: ['segment', 'word'] },
      description: 'With verbose_json: what comes with times. Default: segments.',
    },
    include: {
      type: 'array',
      items: { type: 'string', enum: ['logprobs'] },
      description: 'With json and streams: `logprobs` adds the log-probability of each token.',
    },
    stream: {
      type: 'boolean',
      default: false,
      description: 'Server-sent events: the text of each segment as soon as it is there, then all of it.',
    },
    chunking_strategy: {
      type: 'string',
      description:
        '`auto`, or settings of a voice-activity detection: taken, and without effect; audio is always cut at its pauses.',
    },
    hallucinations: HALLUCINATIONS,
    channel: CHANNEL,
  },
} as const satisfies FormSchema;

/** What a form of either route holds once it is checked. */
export interface OpenaiForm {
  readonly model?: string;
  readonly language?: string;
  readonly languages?: readonly string[];
  readonly keywords?: readonly string[];
  readonly prompt?: string;
  readonly response_format: ResponseFormat;
  readonly temperature: number;
  readonly timestamp_granularities?: readonly ('segment' | 'word')[];
  readonly include?: readonly 'logprobs'[];
  readonly stream?: boolean;
  readonly hallucinations: 'keep' | 'flag' | 'drop';
  readonly channel?: number;
}
