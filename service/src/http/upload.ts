import type { MultipartFile } from '@fastify/multipart';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from './api-error';
import type { UploadBudget } from './upload-budget';

/** A multipart form that has been read whole: its fields come in any order, Go's clients put the file first. */
export interface Upload {
  readonly file: { readonly bytes: Uint8Array; readonly filename: string } | undefined;
  /** Values by field name, in order; `name[]` is filed under `name`. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  /** Gives the file's bytes back to the budget. */
  release(): void;
}

export interface UploadLimits {
  /** Largest body, in bytes; what the form adds to its file is not counted. */
  readonly maxBodyBytes: number;
  readonly budget: UploadBudget;
}

/** A form of the contracts has some twenty fields. */
const MAX_FIELDS = 200;
/** A prompt is the longest field: 224 tokens, and generous. */
const MAX_FIELD_BYTES = 64 * 1024;
/** Boundaries, headers and fields around the file. */
const FORM_OVERHEAD_BYTES = 2 ** 20;
/** Time to read an answer that came before the upload's end; then the connection is cut. */
const LINGER_MS = 1_000;
const OVERRUN_CHECK_MS = 50;

/**
 * Reads a form, up to its limits. A body that goes on beyond them, or after the signal, is answered at once; what still
 * comes is thrown away for a moment, so that the client can read the answer, and then cut off.
 *
 * @param fileField name of the file's part; other files are thrown away
 * @throws ApiError `invalid_multipart`, `body_too_large`, `overloaded`, `invalid_value`; the signal's reason
 */
export async function readUpload(
  request: FastifyRequest,
  reply: FastifyReply,
  fileField: string,
  limits: UploadLimits,
  signal: AbortSignal,
): Promise<Upload> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limits.maxBodyBytes + FORM_OVERHEAD_BYTES) {
    cutOff(request, reply);
    throw tooLarge(limits, declared);
  }
  if (!request.isMultipart()) {
    throw new ApiError(
      'invalid_multipart',
      `send multipart/form-data with a part named "${fileField}", got content-type ${request.headers['content-type'] ?? '(none)'}`,
    );
  }
  const form = new Form(request, fileField, limits);
  const read = new AbortController();
  try {
    await Promise.race([form.read(), form.overrun(read.signal), aborted(signal)]);
    return form;
  } catch (error) {
    form.release();
    cutOff(request, reply);
    if (error instanceof ApiError || signal.aborted) throw error;
    const { code, message } = error as { code?: string; message: string };
    if (code === 'FST_REQ_FILE_TOO_LARGE') throw tooLarge(limits, form.received);
    throw new ApiError('invalid_multipart', `the multipart form cannot be read: ${message}`, null, { cause: error });
  } finally {
    read.abort();
  }
}

class Form implements Upload {
  file: Upload['file'];
  readonly fields = new Map<string, string[]>();
  /** Bytes of the body so far. */
  received = 0;
  private held = 0;

  constructor(
    private readonly request: FastifyRequest,
    private readonly fileField: string,
    private readonly limits: UploadLimits,
  ) {}

  release(): void {
    this.limits.budget.giveBack(this.held);
    this.held = 0;
  }

  async read(): Promise<void> {
    const limits = { fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES, fileSize: this.limits.maxBodyBytes };
    for await (const part of this.request.parts({ limits })) {
      if (part.type === 'field') {
        if (part.valueTruncated) {
          throw new ApiError(
            'invalid_value',
            `field ${part.fieldname} is longer than ${MAX_FIELD_BYTES} bytes`,
            part.fieldname,
          );
        }
        const name = part.fieldname.replace(/\[\]$/, '');
        this.fields.set(name, [...(this.fields.get(name) ?? []), String(part.value)]);
      } else if (part.fieldname === this.fileField && !this.file) {
        this.file = { bytes: await this.collect(part), filename: part.filename };
      } else {
        part.file.resume();
      }
    }
  }

  /**
   * Rejects when the body is longer than any form that is allowed, wherever in it that happens. The connection counts
   * its bytes by itself; a listener for them would take the body away from the parser.
   */
  overrun(signal: AbortSignal): Promise<never> {
    const { socket } = this.request.raw;
    const before = socket.bytesRead;
    return new Promise((_, reject) => {
      const timer = setInterval(() => {
        this.received = socket.bytesRead - before;
        if (this.received > this.limits.maxBodyBytes + FORM_OVERHEAD_BYTES)
          reject(tooLarge(this.limits, this.received));
      }, OVERRUN_CHECK_MS);
      signal.addEventListener('abort', () => {
        clearInterval(timer);
      });
    });
  }

  private async collect(part: MultipartFile): Promise<Uint8Array> {
    const chunks: Buffer[] = [];
    for await (const chunk of part.file as AsyncIterable<Buffer>) {
      this.limits.budget.take(chunk.length);
      this.held += chunk.length;
      chunks.push(chunk);
    }
    if (part.file.truncated) throw tooLarge(this.limits, this.received);
    return Buffer.concat(chunks);
  }
}

function tooLarge({ maxBodyBytes }: UploadLimits, bytes: number): ApiError {
  return new ApiError(
    'body_too_large',
    `Maximum content size limit (${maxBodyBytes}) exceeded (${bytes} bytes read). Send shorter audio, or FLAC.`,
    'file',
  );
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

function cutOff({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.complete) return;
  raw.unpipe();
  raw.resume();
  reply.raw.once('finish', () => {
    // Not by `connection: close`: that would reset the connection before a client that still sends has read the answer.
    setTimeout(() => {
      if (!raw.complete) raw.destroy();
    }, LINGER_MS).unref();
  });
}
