import type { FastifyRequest, RouteShorthandOptions } from 'fastify';
import { HELD_AT_ONCE } from '../../../../lib/contract';
import type { Engine } from '../../engine/engine';
import type { EngineError } from '../../engine/engine-error';
import type { EngineTranscriber } from '../../engine/engine-transcriber';
import type { ServiceMetrics } from '../../observability/service-metrics';
import type { Segment } from '../../whisper/segments';
import type { Transcription } from '../../whisper/transcribe';
import type { AppDependencies } from '../app';
import { withoutFile, type FormSchema } from '../forms/form-schema';
import { formValues } from '../forms/form-values';
import { DecodedAudioGate } from '../uploads/decoded-audio-gate';
import { UploadBudget } from '../uploads/upload-budget';
import { IdempotentResults } from './idempotency';
import type { ModelNames } from './model-names';
import { Quarantine } from './quarantine';
import { TranscriptionCall } from './transcription-call';
import type { TranscriptionWork } from './transcription-work';

const BYTES_PER_TOKEN = 100;
/** What is kept of transcripts for retries. */
const MAX_KEPT_BYTES = 8 * 2 ** 20;

/** A transcript that several requests may wait for. */
interface SharedWork {
  readonly work: TranscriptionWork;
  readonly transcription: Transcription;
}

/** What a route says of the bodies that it takes. */
export interface AudioRoute {
  /** Fields of its form; without one a route's options are in its query. */
  readonly form: FormSchema;
  /** Fields of its query beside the form, where there are any. */
  readonly query?: FormSchema;
  /** Whether a body may be the audio itself, with the options in the query. */
  readonly raw?: boolean;
  /** Files that are kept of each name. Default: the first. */
  readonly maxFiles?: number;
}

/** What all requests with audio share. */
export class TranscriptionService {
  readonly budget: UploadBudget;
  readonly gate: DecodedAudioGate;
  readonly quarantine = new Quarantine();
  readonly idempotency = new IdempotentResults<SharedWork, Segment>({
    // Bytes, about: a token with its text, its probability and its share of a word.
    weigh: ({ transcription: { segments } }) =>
      1000 + segments.reduce((sum, { tokens }) => sum + BYTES_PER_TOKEN * tokens.length, 0),
    maxWeight: MAX_KEPT_BYTES,
  });
  readonly transcriber: EngineTranscriber;
  readonly admission: Engine['admission'];
  readonly metrics: ServiceMetrics;
  readonly logTranscripts: boolean;
  readonly maxBodyBytes: number;
  readonly requestTimeoutSeconds: number;
  private readonly maxRequestsPerCaller: number;

  constructor(
    { config, decoder, transcriber, admission, metrics }: AppDependencies,
    readonly models: ModelNames,
  ) {
    this.transcriber = transcriber;
    this.admission = admission;
    this.metrics = metrics;
    this.maxBodyBytes = config.maxBodyBytes;
    this.logTranscripts = config.logTranscripts === 'on';
    this.requestTimeoutSeconds = config.requestTimeoutSeconds;
    this.maxRequestsPerCaller = config.maxRequestsPerCaller;
    this.budget = new UploadBudget(Math.max(HELD_AT_ONCE.uploadBytes, HELD_AT_ONCE.bodies * config.maxBodyBytes));
    this.gate = new DecodedAudioGate(decoder, HELD_AT_ONCE.audios * config.maxAudioSeconds);
  }

  /** The hooks of a route that takes audio: from the head on it has a call, and its body is read before it is checked. */
  hooks({
    form,
    query,
    raw = false,
    maxFiles = 1,
  }: AudioRoute): Pick<RouteShorthandOptions, 'onRequest' | 'preValidation' | 'onSend'> {
    const fileFields = Object.entries(form.properties)
      .filter(([, { format }]) => format === 'binary')
      .map(([name]) => name);
    const options = withoutFile(form);
    return {
      onRequest: (request, reply, done) => {
        const call = new TranscriptionCall(this, request, reply);
        request.call = call;
        reply.raw.once('close', () => {
          call.end();
        });
        try {
          call.checkRoom();
          done();
        } catch (error) {
          done(error as EngineError);
        }
      },
      preValidation: async (request) => {
        const { isRaw, fields, files } = await callOf(request).receive({ fileFields, maxFiles, raw });
        if (isRaw) request.query = formValues(options, queryFields(request, options), []);
        else request.body = formValues(form, fields, files);
        if (query) request.query = formValues(query, queryFields(request, query), []);
      },
      onSend: (request, reply, _payload, done) => {
        // None of a request that was refused before it came here.
        if (request.call)
          reply.header('server-timing', request.call.serverTiming()).headers(this.rateLimit(request.call));
        done();
      },
    };
  }

  /**
   * OpenAI's headers of a limit, where there is one: here it is requests at once, and one that ends makes room.
   *
   * @see https://platform.openai.com/docs/guides/rate-limits
   */
  private rateLimit({ caller }: TranscriptionCall): Readonly<Record<string, string>> {
    const limit = this.maxRequestsPerCaller;
    if (limit === 0) return {};
    const remaining = Math.max(0, limit - this.admission.requestsOf(caller));
    const resetMs = remaining > 0 ? 0 : this.admission.load.predictedWaitMs;
    return {
      'x-ratelimit-limit-requests': String(limit),
      'x-ratelimit-remaining-requests': String(remaining),
      'x-ratelimit-reset-requests': `${Math.ceil(resetMs)}ms`,
    };
  }
}

/** @throws where the route has not the hooks of {@link TranscriptionService.hooks} */
export function callOf({ call }: FastifyRequest): TranscriptionCall {
  if (!call) throw new Error('this route takes no audio');
  return call;
}

/** The fields of a query that its schema knows; as of a form, repeated names are lists, and `name[]` is `name`. */
function queryFields({ url }: FastifyRequest, { properties }: FormSchema): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>(Object.keys(properties).map((name) => [name, []]));
  const at = url.indexOf('?');
  for (const [key, value] of new URLSearchParams(at < 0 ? '' : url.slice(at + 1))) {
    fields.get(key.replace(/\[\]$/, ''))?.push(value);
  }
  return fields;
}
