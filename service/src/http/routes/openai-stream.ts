import type { FastifyReply, FastifyRequest } from 'fastify';
import { logprobs, type Vocabulary } from '../../text/logprobs';
import { tokenUsage } from '../../text/token-usage';
import type { Segment } from '../../whisper/segments';
import { joinTexts } from '../../whisper/transcript-text';
import { errorBody, noteFailure, toApiError } from '../errors/error-handling';
import type { TranscriptionRequest } from '../transcription/transcription-request';
import { callOf } from '../transcription/transcription-service';
import type { UploadedFile } from '../uploads/upload';
import { EventStream } from './event-stream';

/**
 * Answers with server-sent events: `transcript.text.delta` for each segment as soon as it is there, then
 * `transcript.text.done` with the whole text, which is the deltas one after another: nothing is taken back.
 */
export async function streamTranscript(
  request: FastifyRequest,
  reply: FastifyReply,
  file: UploadedFile,
  wanted: TranscriptionRequest,
  vocabulary: Vocabulary | undefined,
): Promise<void> {
  const call = callOf(request);
  const stream = new EventStream(reply, () => ({ 'openai-processing-ms': call.processingMs }));
  const texts: string[] = [];
  let sent = '';
  const sendRest = (text: string, segments: readonly Segment[]): void => {
    if (text.length > sent.length) {
      stream.send({
        type: 'transcript.text.delta',
        delta: text.slice(sent.length),
        logprobs: vocabulary && logprobs(segments, vocabulary),
      });
    }
    sent = text;
  };
  try {
    const transcription = await call.transcribe(file, wanted, (segment) => {
      texts.push(segment.text);
      sendRest(joinTexts(texts, wanted.task === 'translate' ? 'en' : segment.language), [segment]);
    });
    stream.send({
      type: 'transcript.text.done',
      text: transcription.text,
      logprobs: vocabulary && logprobs(transcription.segments, vocabulary),
      usage: tokenUsage(transcription),
    });
    stream.send('[DONE]');
  } catch (error) {
    if (!stream.hasBegun) throw error;
    const apiError = toApiError(error);
    noteFailure(request, apiError);
    // An event with a key `error` makes the SDKs throw it.
    stream.send(errorBody(apiError));
  } finally {
    stream.end();
  }
}
