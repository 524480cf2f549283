import type { FieldSchema } from './form-schema';

/** Fields that several contracts have, in the same words. */

export const AUDIO_FILE = {
  type: 'string',
  format: 'binary',
  description: 'Audio in any format of docs/audio.md, recognised by its content; name and type do not matter.',
} as const satisfies FieldSchema;

export const PROMPT = {
  type: 'string',
  description: 'Text before the audio; its last 223 tokens count.',
} as const satisfies FieldSchema;

export const TEMPERATURE = {
  type: 'number',
  minimum: 0,
  maximum: 1,
  default: 0,
  description:
    '0 takes the likeliest token, and tries 0.2 and then 0.6 where the text comes out badly; above 0, tokens are drawn at that temperature alone.',
} as const satisfies FieldSchema;

const RESPONSE_FORMATS = ['json', 'text', 'srt', 'verbose_json', 'vtt'] as const;
export type ResponseFormat = (typeof RESPONSE_FORMATS)[number];

export const RESPONSE_FORMAT = {
  type: 'string',
  enum: RESPONSE_FORMATS,
  default: 'json',
  description: 'Shape of the answer.',
} as const satisfies FieldSchema;
