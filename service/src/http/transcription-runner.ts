import type { FastifyReply, FastifyRequest } from 'fastify';
import { HELD_AT_ONCE } from '../../../lib/contract';
import type { Task } from '../whisper/decoding-options';
import { transcribe, type Transcription } from '../whisper/transcribe';
import { PROMPT_TEMPERATURES, type HallucinationPolicy } from '../whisper/transcribe-options';
import { ApiError } from './api-error';
import type { AppDependencies } from './app';
import { DecodedAudioGate } from './decoded-audio-gate';
import { readUpload, type Upload } from './upload';
import { UploadBudget } from './upload-budget';

/** What a caller asks for. */
export interface TranscriptionRequest {
  readonly task: Task;
  /** Language code; absent: detected. */
  readonly language?: string;
  /** Codes that detection chooses among. */
  readonly candidateLanguages?: readonly string[];
  /** Index of the channel to listen to, from 0 on. Default: the mean of all. */
  readonly channel?: number;
  /** 0 to 1. */
  readonly temperature: number;
  /** Text that came before. */
  readonly prompt?: string;
  /** Names and terms that may be said. */
  readonly keywords?: readonly string[];
  /** What becomes of segments that were probably never said. Default: flagged. */
  readonly hallucinations?: HallucinationPolicy;
  /** Whether segments' times are wanted. */
  readonly timestamps: boolean;
  /** Whether words' times are wanted. */
  readonly wordTimestamps?: boolean;
}

/** What a route makes of a form before its audio is touched. */
export type ReadRequest = (upload: Upload) => TranscriptionRequest;

export interface CompletedTranscription {
  readonly transcription: Transcription;
  /** From the upload's last byte to the transcript. */
  readonly processingSeconds: number;
}

/** Takes a request from upload to transcript; what the dialects have in common. */
export class TranscriptionRunner {
  private readonly budget: UploadBudget;
  private readonly gate: DecodedAudioGate;

  constructor(private readonly dependencies: AppDependencies) {
    this.budget = new UploadBudget(
      Math.max(HELD_AT_ONCE.uploadBytes, HELD_AT_ONCE.bodies * dependencies.config.maxBodyBytes),
    );
    this.gate = new DecodedAudioGate(dependencies.decoder, HELD_AT_ONCE.audios * dependencies.config.maxAudioSeconds);
  }

  /** @throws ApiError, AudioError, EngineError */
  async run(request: FastifyRequest, reply: FastifyReply, readRequest: ReadRequest): Promise<CompletedTranscription> {
    const { metrics, config } = this.dependencies;
    metrics.countRequest();
    const end = requestEnd(reply, config.requestTimeoutSeconds);
    try {
      const upload = await readUpload(
        request,
        reply,
        'file',
        { maxBodyBytes: config.maxBodyBytes, budget: this.budget },
        end,
      );
      return await this.transcribeUpload(request, upload, readRequest, end);
    } catch (error) {
      metrics.countError();
      throw error;
    }
  }

  private async transcribeUpload(
    request: FastifyRequest,
    upload: Upload,
    readRequest: ReadRequest,
    signal: AbortSignal,
  ): Promise<CompletedTranscription> {
    const { transcriber, metrics } = this.dependencies;
    const started = performance.now();
    try {
      const { prompt, keywords = [], channel, ...options } = readRequest(upload);
      const bytes = upload.file?.bytes;
      if (!bytes) throw new ApiError('missing_file', missingFile(upload), 'file');
      const audio = await this.gate.decode(bytes, signal, { channel });
      upload.release();
      metrics.observeAudio(audio.durationS);
      try {
        const speech = await transcriber.confirmSpeech(audio, signal);
        // Where nobody speaks the model is not asked, and a prompt means nothing.
        const encode = async (text: string | undefined): Promise<readonly number[] | undefined> =>
          text && speech.length > 0 ? transcriber.encodePrompt(text, signal) : undefined;
        const promptTokens = await encode(prompt);
        const hotWordTokens = await encode(keywords.join(', '));
        const transcription = await transcribe(
          { samples: audio.samples, speech },
          transcriber,
          {
            ...options,
            // As OpenAI documents 0: it is raised by itself where the text comes out badly.
            temperature: options.temperature === 0 ? PROMPT_TEMPERATURES : options.temperature,
            promptTokens,
            hotWordTokens,
            strategy: 'pauses',
          },
          signal,
        );
        const processingSeconds = (performance.now() - started) / 1000;
        metrics.observeTranscription(processingSeconds);
        request.log.info(
          {
            session: request.headers['x-session-id'],
            audioSeconds: audio.durationS,
            processingSeconds,
            language: transcription.language,
            characters: transcription.text.length,
            confidence: transcription.confidence,
          },
          'transcribed',
        );
        return { transcription, processingSeconds };
      } finally {
        this.gate.release(audio);
      }
    } finally {
      upload.release();
    }
  }
}

/** Aborts when the request has taken too long, or when nobody waits for the answer any more. */
function requestEnd(reply: FastifyReply, timeoutSeconds: number): AbortSignal {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new ApiError('request_timeout', `the request took longer than ${timeoutSeconds} s`));
  }, timeoutSeconds * 1000);
  reply.raw.once('close', () => {
    clearTimeout(timer);
    // After a complete answer the abort finds nothing left to stop.
    controller.abort(new ApiError('client_closed', 'the client closed the connection before the answer'));
  });
  return controller.signal;
}

/** The slip behind it is mostly one of two. */
function missingFile({ fields }: Upload): string {
  if (fields.has('file')) return 'the part "file" is text, not a file; with curl write -F file=@PATH';
  const names = [...fields.keys()];
  return `the form has no file in a part named "file"; its fields are ${names.length > 0 ? names.join(', ') : 'none'}`;
}
