import type { FastifyInstance, FastifyReply } from 'fastify';
import { segmentCues } from '../../text/cue';
import { splitSegments } from '../../text/split-segments';
import { srt } from '../../text/srt';
import { vtt } from '../../text/vtt';
import { whisperCppJson, whisperCppVerboseJson } from '../../text/whisper-cpp-json';
import type { Transcription } from '../../whisper/transcribe';
import { ApiError } from '../errors/api-error';
import { errorHeaders, noteFailure, toApiError } from '../errors/error-handling';
import { multipart } from '../openapi/request-body';
import { callOf, type TranscriptionService } from '../transcription/transcription-service';
import { cutOff } from '../uploads/upload';
import { INFERENCE_FORM, inferenceRequest, type InferenceForm } from './whisper-cpp-form';

const TEXT = { type: 'string' } as const;
const ANSWER = {
  description: 'The transcript, in the format that was asked for.',
  content: {
    'application/json': { schema: { type: 'object', properties: { text: TEXT } } },
    'text/html': { schema: TEXT },
    'application/x-subrip': { schema: TEXT },
    'text/vtt': { schema: TEXT },
  },
} as const;
const FAULT = { description: 'What is wrong.', type: 'object', properties: { error: TEXT } } as const;
const FAULTS = { '4xx': FAULT, '5xx': FAULT } as const;

/**
 * `POST /inference` of whisper.cpp's server (ggml-org/whisper.cpp, examples/server), field for field. Not wrapped in
 * fastify-plugin: the error shape is these routes' own.
 */
export function whisperCpp(
  app: FastifyInstance,
  { service }: { readonly service: TranscriptionService },
  done: () => void,
): void {
  app.setErrorHandler((error, request, reply) => {
    const apiError = toApiError(error, request);
    noteFailure(request, apiError);
    return errorHeaders(reply, apiError)
      .code(apiError.kind.status)
      .send({ error: messageOf(apiError) });
  });

  const { transcriber } = service;
  app.post<{ Body: InferenceForm }>(
    '/inference',
    {
      schema: {
        tags: ['whisper.cpp'],
        summary: "Speech to text, as whisper.cpp's server answers",
        consumes: ['multipart/form-data'],
        body: multipart(INFERENCE_FORM),
        response: { 200: ANSWER, ...FAULTS },
      },
      ...service.hooks({ form: INFERENCE_FORM }),
    },
    async (request, reply) => {
      const call = callOf(request);
      const form = request.body;
      call.noteFormat(form.response_format);
      const transcription = await call.transcribe(
        call.file(),
        inferenceRequest(form, transcriber.special.multilingual),
      );
      const { segments } = transcription;
      const shown =
        form.max_len > 0
          ? { ...transcription, segments: splitSegments(segments, form.max_len, transcriber.tokenizer) }
          : transcription;
      return send(reply, shown, form, service);
    },
  );

  app.post(
    '/load',
    {
      schema: {
        tags: ['whisper.cpp'],
        summary: 'Refused: the model is chosen where the server is started',
        response: FAULTS,
      },
    },
    (request, reply) => {
      cutOff(request, reply);
      throw new ApiError(
        'unsupported_value',
        'models are not loaded by request, since a path in it could name any file of the server: set STT_MODEL and restart',
        'model',
      );
    },
  );
  done();
}

function send(
  reply: FastifyReply,
  transcription: Transcription,
  form: InferenceForm,
  { transcriber }: TranscriptionService,
): FastifyReply {
  switch (form.response_format) {
    case 'json':
      return reply.send(whisperCppJson(transcription));
    case 'verbose_json':
      return reply.send(
        whisperCppVerboseJson(transcription, transcriber, {
          task: form.translate && transcriber.special.multilingual ? 'translate' : 'transcribe',
          timestamps: !form.no_timestamps,
          languages: form.no_language_probabilities ? undefined : transcription.languageCandidates,
        }),
      );
    case 'text':
      // As whisper.cpp says. A browser that believes it loads and runs nothing of it (security/security-headers.ts).
      return reply.type('text/html; charset=utf-8').send(whisperCppJson(transcription).text);
    case 'srt':
      return reply.type('application/x-subrip').send(srt(segmentCues(transcription.segments), 1 + form.offset_n));
    case 'vtt':
      return reply.type('text/vtt').send(vtt(segmentCues(transcription.segments), 'always'));
  }
}

/** whisper.cpp's own words where it has any, and behind them the reason. */
function messageOf({ code, message }: ApiError): string {
  switch (code) {
    case 'missing_file':
      return `no 'file' field in the request: ${message}`;
    case 'audio_empty':
    case 'audio_corrupt':
    case 'unsupported_format':
      return `failed to read audio data: ${message}`;
    default:
      return message;
  }
}
