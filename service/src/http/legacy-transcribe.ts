import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { languageCode } from '../whisper/languages';
import { ApiError } from './api-error';
import { errorHeaders, logError, toApiError } from './error-handling';
import type { TranscriptionRunner } from './transcription-runner';

export interface LegacyTranscribeOptions {
  readonly runner: TranscriptionRunner;
  /** Name of the loaded model. */
  readonly model: string;
}

interface LegacyQuery {
  readonly language?: string;
  readonly temperature: number;
}

/** `threads` and whatever else callers send is ignored. */
const QUERY_SCHEMA = {
  type: 'object',
  properties: {
    language: { type: 'string' },
    temperature: { type: 'number', minimum: 0, maximum: 1, default: 0 },
  },
};

const RESPONSE_SCHEMA = {
  type: 'object',
  properties: {
    transcription: { type: 'string' },
    language: { type: 'string' },
    duration: { type: 'number' },
    confidence: { type: ['number', 'null'] },
    model: { type: 'string' },
    processing_time: { type: 'number' },
  },
};

/** What the replaced service said of audio without speech; its callers look for it. */
const NO_SPEECH = '[No speech detected]';
const DEFAULT_LANGUAGE = 'en';

/**
 * `POST /transcribe` of the replaced service, field for field, with a confidence that is measured. As there, options
 * come from the query; of the form only `language` counts (its callers also send `threads` and `temperature` there, and
 * have always been ignored). Not wrapped in fastify-plugin: the error shape is this route's own.
 */
export function legacyTranscribe(
  app: FastifyInstance,
  { runner, model }: LegacyTranscribeOptions,
  done: () => void,
): void {
  app.setErrorHandler((error, request, reply) => sendLegacyError(request, reply, toApiError(error)));

  const schema = { querystring: QUERY_SCHEMA, response: { 200: RESPONSE_SCHEMA } };
  app.post<{ Querystring: LegacyQuery }>('/transcribe', { schema }, async (request, reply) => {
    let language = DEFAULT_LANGUAGE;
    const { transcription, processingSeconds } = await runner.run(request, reply, (upload) => {
      if (upload.file && !upload.file.filename) throw new ApiError('invalid_value', 'No file provided', 'file');
      language = request.query.language || upload.fields.get('language')?.at(-1) || DEFAULT_LANGUAGE;
      return {
        task: 'transcribe',
        language: languageCode(language),
        temperature: request.query.temperature,
        timestamps: false,
      };
    });
    return reply.send({
      transcription: transcription.text || NO_SPEECH,
      language,
      duration: transcription.durationS,
      confidence: transcription.confidence ?? null,
      model,
      processing_time: processingSeconds,
    });
  });
  done();
}

/** FastAPI's shape; a list of faults where a part is missing, a sentence elsewhere. */
function sendLegacyError(request: FastifyRequest, reply: FastifyReply, error: ApiError): FastifyReply {
  logError(request, error);
  errorHeaders(reply, error);
  if (error.code === 'missing_file') {
    const detail = [{ type: 'missing', loc: ['body', 'file'], msg: 'Field required', input: null }];
    return reply.code(422).send({ detail });
  }
  return reply.code(error.kind.status).send({ detail: legacyMessage(error) });
}

function legacyMessage(error: ApiError): string {
  switch (error.code) {
    case 'audio_empty':
      return 'Empty audio file';
    case 'audio_corrupt':
    case 'unsupported_format':
      return `Audio conversion failed: ${error.message}`;
    default:
      return error.message;
  }
}
