import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../errors/api-error';
import { ArrivingBytes } from './arriving-bytes';
import { bodyTooLarge, MultipartForm, type FormContents, type UploadedFile } from './multipart-form';
import type { UploadBudget, UploadShare } from './upload-budget';

export type { UploadedFile } from './multipart-form';

/** What a request brought, read whole: nothing is decided before the last field is there. */
export interface Upload extends FormContents {
  /** Whether the body was the audio itself, without a form around it. */
  readonly isRaw: boolean;
  /** Gives the files' bytes back to the budget. */
  release(): void;
}

export interface UploadLimits {
  /** Names of the parts whose files are kept. */
  readonly fileFields: readonly string[];
  /** Files that are kept of each name. */
  readonly maxFiles: number;
  /** Whether a body may be the audio itself. */
  readonly raw: boolean;
  /** Largest file, in bytes; what the form adds to it is not counted. */
  readonly maxBodyBytes: number;
  readonly budget: UploadBudget;
}

/** Boundaries, headers and fields around the files. */
const FORM_OVERHEAD_BYTES = 2 ** 20;
/** Time to read an answer that came before the upload's end; then the connection is cut. */
const LINGER_MS = 1_000;
const OVERRUN_CHECK_MS = 50;
/** What clients say of audio without a form: its type, or nothing in particular. */
const RAW_TYPES = /^(?:audio|video)\/|^application\/(?:octet-stream|ogg)$/;

/**
 * Reads a body, up to its limits. One that goes on beyond them, or after the signal, is answered at once; what still
 * comes is thrown away for a moment, so that the client can read the answer, and then cut off.
 *
 * @throws ApiError `invalid_multipart`, `unsupported_media_type`, `body_too_large`, `overloaded`, `invalid_value`; the
 * signal's reason
 */
export async function readUpload(
  request: FastifyRequest,
  reply: FastifyReply,
  limits: UploadLimits,
  signal: AbortSignal,
): Promise<Upload> {
  let upload: ReturnType<typeof openUpload> | undefined;
  const read = new AbortController();
  try {
    const declared = declaredBytes(request);
    if (declared !== undefined && declared > mostBytes(limits)) throw tooLarge(limits, declared);
    upload = openUpload(request, limits);
    await Promise.race([upload.read(), overrun(request, limits, read.signal), aborted(signal)]);
    return upload.contents;
  } catch (error) {
    upload?.contents.release();
    cutOff(request, reply);
    throw error;
  } finally {
    read.abort();
  }
}

/**
 * Answers without reading the body (any more): the client gets a moment to read the answer while what still comes is
 * thrown away.
 */
export function cutOff({ raw }: FastifyRequest, reply: FastifyReply): void {
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

/** Of a body that comes in chunks, nobody knows. */
function declaredBytes({ headers }: FastifyRequest): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

function mostBytes({ maxBodyBytes, maxFiles, budget }: UploadLimits): number {
  return Math.min(maxBodyBytes * maxFiles, budget.limitBytes) + FORM_OVERHEAD_BYTES;
}

function tooLarge({ maxBodyBytes, maxFiles, budget }: UploadLimits, bytes: number): ApiError {
  return maxFiles === 1 ? bodyTooLarge(maxBodyBytes, bytes) : budget.beyond(bytes);
}

function openUpload(
  request: FastifyRequest,
  limits: UploadLimits,
): { readonly contents: Upload; read(): Promise<void> } {
  const contentType = request.headers['content-type'] ?? '';
  const type = contentType.split(';')[0]!.trim().toLowerCase();
  const share = limits.budget.open();
  const release = (): void => {
    share.release();
  };
  const expectedBytes = declaredBytes(request);
  if (type === 'multipart/form-data') {
    const form = new MultipartForm({
      ...limits,
      maxFileBytes: limits.maxBodyBytes,
      share,
      // One file is nearly all of its form; of several, each is some of it.
      expectedFileBytes: limits.maxFiles === 1 ? expectedBytes : undefined,
    });
    const { files, fields } = form;
    return {
      contents: { isRaw: false, files, fields, release },
      read: () => form.read(request.raw, contentType),
    };
  }
  if (limits.raw && RAW_TYPES.test(type)) {
    const files: UploadedFile[] = [];
    return {
      contents: { isRaw: true, files, fields: new Map(), release },
      read: async () => {
        files.push(await readRaw(request.raw, limits.maxBodyBytes, share, expectedBytes));
      },
    };
  }
  const [field] = limits.fileFields;
  const bodies = limits.raw
    ? 'or the audio itself as audio/*, video/*, application/ogg or application/octet-stream'
    : '';
  throw new ApiError(
    'unsupported_media_type',
    `send multipart/form-data with a part named "${field}"${bodies && `, ${bodies}`}; got content-type ${contentType || '(none)'}`,
  );
}

/** A body that is the audio itself. */
async function readRaw(
  body: Readable,
  maxBodyBytes: number,
  share: UploadShare,
  expectedBytes: number | undefined,
): Promise<UploadedFile> {
  const arriving = new ArrivingBytes(expectedBytes);
  const hash = createHash('sha256');
  // Ended early, the iterator would destroy the connection before the refusal is written.
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    share.take(chunk.length);
    arriving.add(chunk);
    if (arriving.length > maxBodyBytes) throw bodyTooLarge(maxBodyBytes, arriving.length);
    hash.update(chunk);
  }
  return {
    field: '',
    filename: undefined,
    bytes: arriving.bytes,
    sha256: hash.digest('hex'),
    header: () => undefined,
  };
}

/**
 * Rejects when the body is longer than any that is allowed, wherever in it that happens. The connection counts its bytes
 * by itself; a listener for them would take the body away from the parser.
 */
function overrun({ raw: { socket } }: FastifyRequest, limits: UploadLimits, signal: AbortSignal): Promise<never> {
  const before = socket.bytesRead;
  return new Promise((_, reject) => {
    const timer = setInterval(() => {
      const received = socket.bytesRead - before;
      if (received > mostBytes(limits)) reject(tooLarge(limits, received));
    }, OVERRUN_CHECK_MS);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
    });
  });
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
