import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { transcriptionJson } from '../../text/json';
import { segmentCues } from '../../text/cue';
import type { Vocabulary } from '../../text/logprobs';
import { plainText } from '../../text/plain-text';
import { srt } from '../../text/srt';
import { verboseJson } from '../../text/verbose-json';
import { vtt } from '../../text/vtt';
import type { Task } from '../../whisper/decoding-options';
import { languageCode } from '../../whisper/languages';
import type { Transcription } from '../../whisper/transcribe';
import type { ResponseFormat } from '../forms/common-fields';
import { withoutFile } from '../forms/form-schema';
import { OPENAI_ERRORS, TRANSCRIPT } from '../openapi/openai-schemas';
import { multipartOrAudio } from '../openapi/request-body';
import { callOf, type TranscriptionService } from '../transcription/transcription-service';
import type { TranscriptionRequest } from '../transcription/transcription-request';
import { TRANSCRIPTION_FORM, TRANSLATION_FORM, type OpenaiForm } from './openai-form';
import { streamTranscript } from './openai-stream';

/**
 * OpenAI's transcription API, as its SDKs, pipecat and LiveKit call it. The form is read whole before anything is
 * decided; fields that the contract does not know are ignored, as upstream does. The audio may also be the body itself,
 * with the fields in the query.
 */
export const openaiTranscriptions = fp<{ readonly service: TranscriptionService }>(function openaiTranscriptions(
  app,
  { service },
  done,
) {
  const routes = [
    { url: '/v1/audio/transcriptions', task: 'transcribe', form: TRANSCRIPTION_FORM },
    { url: '/v1/audio/translations', task: 'translate', form: TRANSLATION_FORM },
  ] as const;
  for (const { url, task, form } of routes) {
    const schema = {
      tags: ['OpenAI'],
      summary: task === 'transcribe' ? 'Speech to text' : 'Speech in any language to English text',
      consumes: ['multipart/form-data'],
      querystring: withoutFile(form),
      body: multipartOrAudio(form),
      response: { 200: TRANSCRIPT, ...OPENAI_ERRORS },
    };
    app.post(url, { schema, ...service.hooks({ form, raw: true }) }, async (request, reply) => {
      const call = callOf(request);
      const file = call.file();
      const wanted = formOf(request);
      service.models.check(wanted.model);
      call.noteFormat(wanted.stream ? 'stream' : wanted.response_format);
      const vocabulary = wanted.include?.includes('logprobs') ? service.transcriber : undefined;
      if (wanted.stream) {
        await streamTranscript(request, reply, file, transcriptionRequest(wanted, task), vocabulary);
        return reply;
      }
      const transcription = await call.transcribe(file, transcriptionRequest(wanted, task));
      reply.header('openai-processing-ms', call.processingMs);
      return send(reply, transcription, wanted, task, vocabulary);
    });
  }
  done();
});

const TIMED_FORMATS: readonly ResponseFormat[] = ['verbose_json', 'srt', 'vtt'];

/** Checked against the form's schema: of the form, or of the query where the body is the audio. */
function formOf({ body, query }: FastifyRequest): OpenaiForm {
  // A body whose type is literally `audio/*` is checked as one, and is the empty text by then.
  const isForm = typeof body === 'object' && body !== null;
  return (isForm ? body : query) as OpenaiForm;
}

function transcriptionRequest(form: OpenaiForm, task: Task): TranscriptionRequest {
  const { language, languages, response_format: format } = form;
  return {
    task,
    language: language ? languageCode(language) : undefined,
    candidateLanguages: languages?.map(languageCode),
    temperature: form.temperature,
    prompt: form.prompt,
    // Timestamps cost tokens: they are decoded where the format shows them.
    timestamps: TIMED_FORMATS.includes(format),
    wordTimestamps: format === 'verbose_json' && form.timestamp_granularities?.includes('word') === true,
    keywords: form.keywords,
    hallucinations: form.hallucinations,
    channel: form.channel,
  };
}

function send(
  reply: FastifyReply,
  transcription: Transcription,
  form: OpenaiForm,
  task: Task,
  vocabulary: Vocabulary | undefined,
): FastifyReply {
  switch (form.response_format) {
    case 'json':
      return reply.send(transcriptionJson(transcription, vocabulary));
    case 'verbose_json':
      return reply.send(verboseJson(transcription, task, new Set(form.timestamp_granularities ?? ['segment'])));
    case 'text':
      return reply.type('text/plain; charset=utf-8').send(plainText(transcription));
    case 'srt':
      // As upstream, which gives it no type of its own.
      return reply.type('text/plain; charset=utf-8').send(srt(segmentCues(transcription.segments)));
    case 'vtt':
      return reply.type('text/vtt; charset=utf-8').send(vtt(segmentCues(transcription.segments), 'always'));
  }
}
