import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestHead } from '../../engine/engine';
import { logFields, serverTiming, type RequestRecord } from '../../observability/request-record';
import type { RequestTrace } from '../../observability/tracing';
import type { Transcription } from '../../whisper/transcribe';
import { ApiError, ERROR_KINDS } from '../errors/api-error';
import { callerAddress } from '../security/caller-address';
import { readUpload, type Upload, type UploadedFile, type UploadLimits } from '../uploads/upload';
import type { SegmentListener } from './transcribe-audio';
import type { TranscriptionRequest } from './transcription-request';
import type { TranscriptionService } from './transcription-service';
import { factsOf, textsOf, TranscriptionWork } from './transcription-work';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of routes that take audio, from the request's head on. */
    call: TranscriptionCall | null;
  }
}

/** Longest name of a session that is put into the log. */
const MAX_SESSION = 128;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * One request that brings audio, from its head to its end: its place in the engine's queue, its time limit, its upload,
 * its transcripts, and what is to be said of it afterwards.
 */
export class TranscriptionCall {
  /** On performance.now()'s clock. */
  readonly startedAt = performance.now();
  /** Who shares the engine fairly with others: an API key, or where none is asked for an address. */
  readonly caller: string;
  /** Aborts when the request has taken too long, or when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Since the upload's last byte, in whole milliseconds. */
  get processingMs(): number {
    return Math.round(performance.now() - this.uploadedAt);
  }
  private uploadedAt = this.startedAt;
  private upload: Upload | undefined;
  private readonly trace: RequestTrace;
  private readonly timeoutSeconds: number;
  /** Of the request itself. */
  private readonly facts: Partial<Writable<RequestRecord>> = {};
  /** Of its transcripts, in order; those that another request has answered for are not among them. */
  private readonly works: TranscriptionWork[] = [];

  constructor(
    private readonly service: TranscriptionService,
    private readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
  ) {
    this.timeoutSeconds = Math.min(service.requestTimeoutSeconds, clientTimeoutSeconds(request));
    this.signal = requestEnd(reply, this.timeoutSeconds);
    const { method, headers, server, keyName } = request;
    this.caller = keyName ?? callerAddress(request.ip, request.socket.remoteAddress);
    const { traceparent, tracestate } = headers;
    this.trace = server.tracing.begin({
      traceparent: typeof traceparent === 'string' ? traceparent : undefined,
      tracestate: typeof tracestate === 'string' ? tracestate : undefined,
      method,
      route: this.route,
      startedAt: this.startedAt,
    });
    request.log = request.log.child(this.trace.logFields);
    service.metrics.requestReceived(this.route, keyName);
  }

  /**
   * Whether there is room for it in time: asked with its head. Its place it takes when its body is there.
   *
   * @throws EngineError
   */
  checkRoom(): void {
    this.service.admission.check(this.head());
  }

  /** @param timeoutSeconds after which nobody waits any more, from the request's head on */
  private head(timeoutSeconds = this.timeoutSeconds): RequestHead {
    return { key: this.caller, deadlineMs: this.startedAt + timeoutSeconds * 1000 };
  }

  private get route(): string {
    return this.request.routeOptions.url ?? '';
  }

  /** @throws as `readUpload` */
  async receive(limits: Omit<UploadLimits, 'maxBodyBytes' | 'budget'>): Promise<Upload> {
    const { maxBodyBytes, budget } = this.service;
    this.upload = await readUpload(this.request, this.reply, { ...limits, maxBodyBytes, budget }, this.signal);
    this.uploadedAt = performance.now();
    this.facts.uploadMs = this.uploadedAt - this.startedAt;
    this.facts.uploadBytes = this.files.reduce((sum, { bytes }) => sum + bytes.length, 0);
    return this.upload;
  }

  /** @throws ApiError `missing_file` */
  file(field = 'file'): UploadedFile {
    const { files, isRaw } = this.upload!;
    const file = files.find((each) => isRaw || each.field === field);
    if (!file) throw this.missing(field);
    return file;
  }

  /** The error where a file is missing. */
  missing(field: string): ApiError {
    return new ApiError('missing_file', missingFile(field, this.upload!), field);
  }

  /** All files of the upload, in order. */
  get files(): readonly UploadedFile[] {
    return this.upload!.files;
  }

  /**
   * Transcribes a file of the upload. With an idempotency key, once: see `IdempotentResults`.
   *
   * @throws ApiError, AudioError, WhisperError, EngineError; the signal's reason
   */
  async transcribe(
    file: UploadedFile,
    wanted: TranscriptionRequest,
    onSegment?: SegmentListener,
  ): Promise<Transcription> {
    const { idempotency, quarantine } = this.service;
    quarantine.refuse(file.sha256);
    const key = idempotencyKey(this.request);
    if (key === undefined) {
      const work = this.begin();
      return work.run(file, wanted, this.signal, onSegment);
    }
    const { timeoutSeconds, works } = this;
    const question = {
      key: JSON.stringify([this.caller, key, this.files.indexOf(file)]),
      fingerprint: JSON.stringify([file.sha256, this.route, wanted]),
      signal: this.signal,
      onProgress: onSegment,
    };
    // A retry comes because its first caller waits no more: the work has the time that the server gives any.
    const { work, transcription } = await idempotency.run(question, async (signal, tell) => {
      const begun = new TranscriptionWork(this.service, this.request.log, () =>
        this.service.admission.enter(this.head(Math.max(timeoutSeconds, this.service.requestTimeoutSeconds))),
      );
      return { work: begun, transcription: await begun.run(file, wanted, signal, tell) };
    });
    // Whoever is answered first answers for it in log and metrics.
    if (work.claim()) works.push(work);
    return transcription;
  }

  private begin(): TranscriptionWork {
    const work = new TranscriptionWork(this.service, this.request.log, () => this.service.admission.enter(this.head()));
    work.claim();
    this.works.push(work);
    return work;
  }

  /** Says in which format it is answered. */
  noteFormat(format: string): void {
    this.facts.format = format;
  }

  /** Value of the header Server-Timing, as far as is known. */
  serverTiming(): string {
    return serverTiming(this.record());
  }

  /**
   * What is held for the request is given back, and what happened to it is said; called once its response is out, or its
   * connection is closed.
   */
  end(): void {
    this.upload?.release();
    const record = this.record();
    this.service.metrics.requestFinished(record);
    if (record.outcome === 'client_closed') this.service.metrics.disconnected();
    this.trace.end(record);
    const text = this.service.logTranscripts ? textsOf(this.works) : undefined;
    // The line names the key already (security/authentication.ts).
    this.request.log.info({ ...logFields({ ...record, key: undefined }), text }, 'request finished');
  }

  private record(): RequestRecord {
    const { headersSent, writableFinished } = this.reply.raw;
    const { failure, keyName } = this.request;
    const session = this.request.headers['x-session-id'] ?? this.upload?.files[0]?.header('x-session-id');
    const gone = this.reply.raw.closed && !writableFinished;
    const outcome = failure?.code ?? (gone ? 'client_closed' : 'ok');
    return Object.freeze({
      ...this.facts,
      ...factsOf(this.works),
      route: this.route,
      key: keyName,
      session: typeof session === 'string' ? session.slice(0, MAX_SESSION) : undefined,
      outcome,
      status: headersSent || outcome === 'ok' ? this.reply.statusCode : ERROR_KINDS[outcome].status,
      totalMs: performance.now() - this.startedAt,
      model: this.service.models.loaded,
    });
  }
}

/** A client's key is compared and kept: anything printable, of a bounded length. */
function idempotencyKey({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined || key === '') return undefined;
  if (typeof key !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(key)) {
    throw new ApiError('invalid_value', 'idempotency-key: expected 1 to 255 printable ASCII characters', null);
  }
  return key;
}

/** What OpenAI's SDKs say of how long they wait; whatever comes later is thrown away. */
function clientTimeoutSeconds({ headers }: FastifyRequest): number {
  const stated = Number(headers['x-stainless-timeout'] ?? headers['x-stainless-read-timeout']);
  return stated > 0 ? stated : Infinity;
}

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
function missingFile(field: string, { fields }: Upload): string {
  if (fields.has(field)) return `the part "${field}" is text, not a file; with curl write -F ${field}=@PATH`;
  const names = [...fields.keys()];
  return `the form has no file in a part named "${field}"; its fields are ${names.length > 0 ? names.join(', ') : 'none'}`;
}
