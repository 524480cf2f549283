const TEXT = { type: 'string' } as const;
const NUMBER = { type: 'number' } as const;
const INTEGER = { type: 'integer' } as const;
const SECONDS = { type: 'number', minimum: 0, description: 'Seconds' } as const;
const SHARE = { type: 'number', minimum: 0, maximum: 1 } as const;

const ERROR = {
  description:
    'An error of docs/http-api.md; `retry-after`, `retry-after-ms` and `x-should-retry` say whether to retry.',
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: { message: TEXT, type: TEXT, param: { type: 'string', nullable: true }, code: TEXT },
    },
  },
} as const;

/** Errors in OpenAI's shape. */
export const OPENAI_ERRORS = { '4xx': ERROR, '5xx': ERROR };

const USAGE = {
  type: 'object',
  required: ['type', 'seconds'],
  properties: { type: { type: 'string', enum: ['duration'] }, seconds: INTEGER },
} as const;

const LOGPROBS = {
  type: 'array',
  items: {
    type: 'object',
    required: ['token', 'bytes', 'logprob'],
    properties: { token: TEXT, bytes: { type: 'array', items: INTEGER }, logprob: NUMBER },
  },
} as const;

const JSON_TRANSCRIPT = {
  type: 'object',
  required: ['text', 'usage'],
  properties: { text: TEXT, logprobs: LOGPROBS, usage: USAGE },
} as const;

const HALLUCINATION = {
  type: 'object',
  required: ['reason', 'score'],
  properties: { reason: TEXT, score: NUMBER },
} as const;

const VERBOSE_TRANSCRIPT = {
  type: 'object',
  required: ['task', 'language', 'duration', 'text', 'usage'],
  properties: {
    task: { type: 'string', enum: ['transcribe', 'translate'] },
    language: TEXT,
    duration: SECONDS,
    text: TEXT,
    segments: {
      type: 'array',
      items: {
        type: 'object',
        required: [
          'id',
          'seek',
          'start',
          'end',
          'text',
          'tokens',
          'temperature',
          'avg_logprob',
          'compression_ratio',
          'no_speech_prob',
          'confidence',
        ],
        properties: {
          id: INTEGER,
          seek: INTEGER,
          start: SECONDS,
          end: SECONDS,
          text: TEXT,
          tokens: { type: 'array', items: INTEGER },
          temperature: SHARE,
          avg_logprob: NUMBER,
          compression_ratio: NUMBER,
          no_speech_prob: SHARE,
          confidence: SHARE,
          hallucination: HALLUCINATION,
        },
      },
    },
    words: {
      type: 'array',
      items: {
        type: 'object',
        required: ['word', 'start', 'end', 'confidence', 'probability'],
        properties: { word: TEXT, start: SECONDS, end: SECONDS, confidence: SHARE, probability: SHARE },
      },
    },
    usage: USAGE,
  },
} as const;

/** A transcript in any of OpenAI's formats. */
export const TRANSCRIPT = {
  description: 'The transcript, in the format that was asked for.',
  content: {
    'application/json': { schema: { anyOf: [VERBOSE_TRANSCRIPT, JSON_TRANSCRIPT] } },
    'text/plain': { schema: TEXT },
    'text/vtt': { schema: TEXT },
    'text/event-stream': {
      schema: { description: 'Events of OpenAI: `transcript.text.delta`, at last `transcript.text.done`.' },
    },
  },
} as const;

const MODEL = {
  type: 'object',
  required: ['id', 'object', 'created', 'owned_by'],
  properties: { id: TEXT, object: { type: 'string', enum: ['model'] }, created: INTEGER, owned_by: TEXT },
} as const;

export const MODEL_ENTRY = { description: 'The loaded model.', ...MODEL } as const;

export const MODEL_LIST = {
  description: 'The models: one.',
  type: 'object',
  required: ['object', 'data'],
  properties: { object: { type: 'string', enum: ['list'] }, data: { type: 'array', items: MODEL } },
} as const;
