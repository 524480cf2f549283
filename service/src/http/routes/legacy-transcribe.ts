import type { FastifyInstance, FastifyRequest } from 'fastify';
import { languageCode } from '../../whisper/languages';
import { ApiError } from '../errors/api-error';
import { toApiError } from '../errors/error-handling';
import { fastapiErrors } from '../errors/fastapi-errors';
import { TEMPERATURE } from '../forms/common-fields';
import type { FormSchema } from '../forms/form-schema';
import { multipart } from '../openapi/request-body';
import { callOf, type TranscriptionService } from '../transcription/transcription-service';
import type { UploadedFile } from '../uploads/upload';

export interface LegacyTranscribeOptions {
  readonly service: TranscriptionService;
  /** Name of the loaded model. */
  readonly model: string;
}

interface LegacyQuery {
  readonly language?: string;
  readonly temperature: number;
}

interface LegacyForm {
  readonly language?: string;
}

/** What the replaced service answers of a file. */
interface LegacyTranscript {
  readonly transcription: string;
  /** As it was sent. */
  readonly language: string;
  /** Seconds. */
  readonly duration: number;
  /** In 0…1; null without speech. */
  readonly confidence: number | null;
  readonly model: string;
  /** Seconds. */
  readonly processing_time: number;
}

const TAGS = ['Replaced service'];
const LANGUAGE_FIELD = { type: 'string', description: 'Language; that of the query goes first.' } as const;

const FORM = {
  type: 'object',
  required: ['file'],
  properties: {
    file: { type: 'string', format: 'binary', description: 'Audio, with a file name.' },
    language: LANGUAGE_FIELD,
  },
} as const satisfies FormSchema;

/** Files of one batch. Each may be as large as a body, and together they may take as long as a request. */
const MAX_BATCH = 32;

const BATCH_FORM = {
  type: 'object',
  required: ['files'],
  properties: {
    files: {
      type: 'string',
      format: 'binary',
      description: `Audio, with a file name; the part is repeated for each file, up to ${MAX_BATCH} times.`,
    },
    language: LANGUAGE_FIELD,
  },
} as const satisfies FormSchema;

/** `threads` and whatever else callers send is ignored. */
const QUERY = {
  type: 'object',
  properties: {
    language: { type: 'string', description: 'Code, name or tag of the language; `en` where nothing is said.' },
    temperature: TEMPERATURE,
  },
} as const satisfies FormSchema;

const TRANSCRIPT = {
  description: 'The transcript.',
  type: 'object',
  properties: {
    transcription: { type: 'string' },
    language: { type: 'string' },
    duration: { type: 'number' },
    confidence: { type: 'number', nullable: true },
    model: { type: 'string' },
    processing_time: { type: 'number' },
  },
} as const;
const FAULT = { description: 'What is wrong.', type: 'object', properties: { detail: {} } } as const;
const FAULTS = { '4xx': FAULT, '5xx': FAULT } as const;

/** What the replaced service said of audio without speech; its callers look for it. */
const NO_SPEECH = '[No speech detected]';
const DEFAULT_LANGUAGE = 'en';

/**
 * `POST /transcribe` and `POST /transcribe/batch` of the replaced service, field for field, with a confidence that is
 * measured. As there, options come from the query; of the form only `language` counts (its callers also send `threads`
 * and `temperature` there, and have always been ignored). Not wrapped in fastify-plugin: the error shape is these
 * routes' own.
 */
export function legacyTranscribe(
  app: FastifyInstance,
  { service, model }: LegacyTranscribeOptions,
  done: () => void,
): void {
  fastapiErrors(app, legacyMessage);

  /** @throws ApiError, AudioError, WhisperError, EngineError */
  const transcribe = async (
    request: FastifyRequest<{ Querystring: LegacyQuery; Body: LegacyForm }>,
    file: UploadedFile,
  ): Promise<LegacyTranscript> => {
    if (!file.filename) throw new ApiError('invalid_value', 'No file provided', file.field);
    const startedAt = performance.now();
    const language = languageOf(request);
    const transcription = await callOf(request).transcribe(file, {
      task: 'transcribe',
      language: languageCode(language),
      temperature: request.query.temperature,
      timestamps: false,
    });
    return {
      transcription: transcription.text || NO_SPEECH,
      language,
      duration: transcription.durationS,
      confidence: transcription.confidence ?? null,
      model,
      processing_time: (performance.now() - startedAt) / 1000,
    };
  };

  app.post<{ Querystring: LegacyQuery; Body: LegacyForm }>(
    '/transcribe',
    {
      schema: {
        tags: TAGS,
        summary: 'Speech to text, as the replaced service answered',
        consumes: ['multipart/form-data'],
        querystring: QUERY,
        body: multipart(FORM),
        response: { 200: TRANSCRIPT, ...FAULTS },
      },
      ...service.hooks({ form: FORM, query: QUERY }),
    },
    async (request, reply) => reply.send(await transcribe(request, callOf(request).file())),
  );

  app.post<{ Querystring: LegacyQuery; Body: LegacyForm }>(
    '/transcribe/batch',
    {
      schema: {
        tags: TAGS,
        summary: 'Several files, as the replaced service answered',
        consumes: ['multipart/form-data'],
        querystring: QUERY,
        body: multipart(BATCH_FORM),
        response: { 200: { description: 'The transcripts.', type: 'array', items: TRANSCRIPT }, ...FAULTS },
      },
      ...service.hooks({ form: BATCH_FORM, query: QUERY, maxFiles: MAX_BATCH }),
    },
    async (request, reply) => {
      const call = callOf(request);
      const language = languageOf(request);
      languageCode(language);
      const transcripts: LegacyTranscript[] = [];
      for (const file of call.files) {
        try {
          transcripts.push(await transcribe(request, file));
        } catch (error) {
          const fault = toApiError(error);
          if (call.signal.aborted || !isOfTheFile(fault)) throw error;
          request.log.info({ code: fault.code, file: transcripts.length }, fault.message);
          const transcription = `[Error: ${legacyMessage(fault)}]`;
          transcripts.push({ transcription, language, duration: 0, confidence: null, model, processing_time: 0 });
        }
      }
      return reply.send(transcripts);
    },
  );
  done();
}

function languageOf({ query, body }: FastifyRequest<{ Querystring: LegacyQuery; Body: LegacyForm }>): string {
  return query.language || body.language || DEFAULT_LANGUAGE;
}

/** What another file, or another time, would not change is no fault of this one's. */
function isOfTheFile({ code, kind: { retryAfterSeconds } }: ApiError): boolean {
  return code !== 'request_timeout' && typeof retryAfterSeconds !== 'number';
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
