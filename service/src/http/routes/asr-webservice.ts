import type { FastifyInstance } from 'fastify';
import { asrJson } from '../../text/asr-json';
import { segmentCues } from '../../text/cue';
import { segmentLines } from '../../text/segment-lines';
import { srt } from '../../text/srt';
import { tsv } from '../../text/tsv';
import { vtt } from '../../text/vtt';
import { wordCues } from '../../text/word-cues';
import { languageName } from '../../whisper/languages';
import type { Transcription } from '../../whisper/transcribe';
import { fastapiErrors } from '../errors/fastapi-errors';
import { DOCS_PATH } from '../openapi/documentation';
import { multipart } from '../openapi/request-body';
import { callOf, type TranscriptionService } from '../transcription/transcription-service';
import {
  ASR_FORM,
  ASR_QUERY,
  asrRequest,
  cueLayout,
  DETECT_LANGUAGE_QUERY,
  rawFormat,
  type AsrQuery,
} from './asr-webservice-fields';

/** What the answers' header says decoded them. */
const ENGINE = 'whisper-stt';
const FILE_FIELD = 'audio_file';
/** File systems' limit of a name, in bytes. */
const MAX_NAME_BYTES = 255;

const TRANSCRIPT = {
  description: 'The transcript, in the format that was asked for, whatever the type says.',
  content: { 'text/plain': { schema: { type: 'string' } } },
} as const;
const LANGUAGE = {
  description: 'The likeliest language.',
  type: 'object',
  properties: {
    detected_language: { type: 'string' },
    language_code: { type: 'string' },
    confidence: { type: 'number', minimum: 0, maximum: 1 },
  },
} as const;
const FAULT = { description: 'What is wrong.', type: 'object', properties: { detail: {} } } as const;
const FAULTS = { '4xx': FAULT, '5xx': FAULT } as const;

/**
 * `POST /asr` and `POST /detect-language` of whisper-asr-webservice (ahmetoner/whisper-asr-webservice), as home
 * automation and subtitle tools call them. Not wrapped in fastify-plugin: the error shape is these routes' own.
 */
export function asrWebservice(
  app: FastifyInstance,
  { service }: { readonly service: TranscriptionService },
  done: () => void,
): void {
  fastapiErrors(app);

  app.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect(DOCS_PATH, 307));

  app.post<{ Querystring: AsrQuery }>(
    '/asr',
    {
      schema: {
        tags: ['whisper-asr-webservice'],
        summary: 'Speech to text, as whisper-asr-webservice answers',
        consumes: ['multipart/form-data'],
        querystring: ASR_QUERY,
        body: multipart(ASR_FORM),
        response: { 200: TRANSCRIPT, ...FAULTS },
      },
      ...service.hooks({ form: ASR_FORM, query: ASR_QUERY }),
    },
    async (request, reply) => {
      const call = callOf(request);
      const { query } = request;
      call.noteFormat(query.output);
      const file = call.file(FILE_FIELD);
      const transcription = await call.transcribe(file, asrRequest(query));
      const name = `${percentEncoded(file.filename || 'audio')}.${query.output}`;
      return reply
        .header('asr-engine', ENGINE)
        .header('content-disposition', `attachment; filename="${name}"`)
        .type('text/plain; charset=utf-8')
        .send(written(transcription, query));
    },
  );

  app.post<{ Querystring: Pick<AsrQuery, 'encode'> }>(
    '/detect-language',
    {
      schema: {
        tags: ['whisper-asr-webservice'],
        summary: 'Language of the first 30 s of speech',
        consumes: ['multipart/form-data'],
        querystring: DETECT_LANGUAGE_QUERY,
        body: multipart(ASR_FORM),
        response: { 200: LANGUAGE, ...FAULTS },
      },
      ...service.hooks({ form: ASR_FORM, query: DETECT_LANGUAGE_QUERY }),
    },
    async (request, reply) => {
      const call = callOf(request);
      const { language, languageProbability } = await call.transcribe(call.file(FILE_FIELD), {
        task: 'transcribe',
        timestamps: false,
        temperature: 0,
        languageDetection: 'alone',
        rawFormat: rawFormat(request.query),
      });
      return reply.send({
        detected_language: languageName(language),
        language_code: language,
        // Nobody speaks: the shape has to name some language, and this says what that is worth.
        confidence: languageProbability ?? 0,
      });
    },
  );
  done();
}

function written(transcription: Transcription, query: AsrQuery): string {
  const { segments } = transcription;
  const layout = cueLayout(query);
  const cues = layout ? wordCues(segments, layout) : segmentCues(segments);
  switch (query.output) {
    case 'txt':
      return segmentLines(segments);
    case 'srt':
      return srt(cues);
    case 'vtt':
      return vtt(cues, 'as needed');
    case 'tsv':
      return tsv(segments);
    case 'json':
      return JSON.stringify(asrJson(transcription));
  }
}

/** A name that somebody else made up, as a header can hold it; the webservice encodes it, too. */
function percentEncoded(name: string): string {
  return [...Buffer.from(name).subarray(0, MAX_NAME_BYTES)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[\w.~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
