import { formRequest, rawRequest, type AudioFile, type LoadRequest } from '../../service/bench/load/load-request';

/** A way to ask for a transcript. */
export interface RequestKind {
  readonly name: string;
  request(file: AudioFile): LoadRequest;
  /** What of an answer is the same whenever the same is asked. */
  essence(body: string): string;
}

const asItIs = (body: string): string => body;
/** Heartbeats are comments. */
const events = (body: string): string => body.replaceAll(/^:.*\n\n/gm, '');

function kind(
  path: string,
  fields: Readonly<Record<string, string>> = {},
  more: Partial<RequestKind> & { readonly fileField?: string } = {},
): RequestKind {
  const { fileField, ...rest } = more;
  return {
    name: [path, ...Object.entries(fields).map(([name, value]) => `${name}=${value}`)].join(' '),
    request: (file) => formRequest(path, file, fields, fileField),
    essence: asItIs,
    ...rest,
  };
}

const OPENAI = '/v1/audio/transcriptions';

/** Every route that takes audio, and every format. */
export const REQUEST_KINDS: readonly RequestKind[] = [
  kind(OPENAI, { model: 'whisper-1' }),
  kind(OPENAI, { model: 'whisper-1', language: 'en', response_format: 'text' }),
  kind(OPENAI, { model: 'whisper-1', language: 'en', response_format: 'verbose_json' }),
  kind(OPENAI, { model: 'whisper-1', language: 'en', stream: 'true' }, { essence: events }),
  {
    ...kind(`${OPENAI}?language=en`),
    name: `${OPENAI}, raw body`,
    request: (file) => rawRequest(`${OPENAI}?language=en`, file),
  },
  kind('/v1/audio/translations', { model: 'whisper-1' }),
  kind('/inference', { response_format: 'json' }),
  kind('/inference', { response_format: 'srt' }),
  kind('/inference', { response_format: 'vtt' }),
  kind('/asr?language=en&output=json', {}, { fileField: 'audio_file' }),
  kind('/asr?language=en&output=srt', {}, { fileField: 'audio_file' }),
  kind('/detect-language', {}, { fileField: 'audio_file' }),
  kind(
    '/transcribe?language=en',
    {},
    {
      essence: (body) => {
        const { processing_time: _, ...rest } = JSON.parse(body) as Record<string, unknown>;
        return JSON.stringify(rest);
      },
    },
  ),
];
