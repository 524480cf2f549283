import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Dicer } from '@fastify/busboy';
import { ApiError } from '../errors/api-error';
import { ArrivingBytes } from './arriving-bytes';
import type { UploadShare } from './upload-budget';

/** A part of a form that is a file, or a body that is nothing else. */
export interface UploadedFile {
  /** The part's name; empty for a body without a form. */
  readonly field: string;
  /** Without folders; undefined where none was given. */
  readonly filename: string | undefined;
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly sha256: string;
  /** Value of a header of the part, by its name in lower case. */
  header(name: string): string | undefined;
}

export interface FormLimits {
  /** Names of the parts whose files are kept; other files are thrown away. */
  readonly fileFields: readonly string[];
  /** Files that are kept of each name: where it is one, later ones are thrown away; more than several are refused. */
  readonly maxFiles: number;
  /** Largest file, in bytes. */
  readonly maxFileBytes: number;
  /** What is held counts against it. */
  readonly share: UploadShare;
  /** About the length of a file, where it is known. */
  readonly expectedFileBytes?: number;
}

/** Files and fields of one form. */
export interface FormContents {
  readonly files: readonly UploadedFile[];
  /** Values by field name, in order; `name[]` is filed under `name`. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

/** The contracts have forms of some forty fields (whisper.cpp's); a batch adds its files. */
const MAX_PARTS = 250;
/** A prompt is the longest field: 224 tokens, and generous. */
const MAX_FIELD_BYTES = 64 * 1024;
/** All fields together. */
const MAX_FIELDS_BYTES = 512 * 1024;
/** Headers of a part: its disposition, its type, and little else. */
const MAX_PART_HEADERS = 16;
const MAX_PART_HEADER_BYTES = 16 * 1024;
/** What the parser keeps of them, cutting the rest in silence: enough to see that it is too much. */
const KEPT_PART_HEADERS = { maxHeaderPairs: MAX_PART_HEADERS + 1, maxHeaderSize: 2 * MAX_PART_HEADER_BYTES };
/** `: ` and the end of the line. */
const HEADER_OVERHEAD_BYTES = 4;
/** RFC 2046, 5.1.1. */
const MAX_BOUNDARY = 70;
/** `; name=value` or `; name="quoted \" value"` (RFC 2183). */
const PARAMETER = /;\s*([\w*-]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^;"\s]*))/g;

/** Reads a multipart form whole: its fields come in any order, and Go's clients put the file first. */
export class MultipartForm implements FormContents {
  readonly files: UploadedFile[] = [];
  readonly fields = new Map<string, string[]>();
  private parts = 0;
  private fieldBytes = 0;

  constructor(private readonly limits: FormLimits) {}

  /** @throws ApiError `invalid_multipart`, `invalid_value`, `body_too_large`, `overloaded` */
  read(body: Readable, contentType: string): Promise<void> {
    const parser = new Dicer({ boundary: boundaryOf(contentType), ...KEPT_PART_HEADERS });
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        body.unpipe(parser);
        reject(error instanceof ApiError ? error : unreadable(error.message));
      };
      parser.on('part', (part: Readable) => {
        part.on('error', fail);
        if (++this.parts > MAX_PARTS) {
          part.resume();
          fail(unreadable(`it has more than ${MAX_PARTS} parts`));
          return;
        }
        part.on('header', (headers: PartHeaders) => {
          try {
            this.take(part, headers, fail);
          } catch (error) {
            part.resume();
            fail(error as Error);
          }
        });
      });
      parser.on('finish', resolve);
      parser.on('error', fail);
      body.once('error', fail);
      // Cut off in the middle: the parser would wait for the rest.
      body.once('close', () => {
        if (!body.readableEnded) fail(new Error('the connection was closed before its end'));
      });
      body.pipe(parser);
    });
  }

  private take(part: Readable, headers: PartHeaders, fail: (error: Error) => void): void {
    checkSize(headers);
    const disposition = decode(headers['content-disposition']?.[0] ?? '', () => notUtf8('a content-disposition'));
    const { name, filename } = parametersOf(disposition);
    if (name === undefined) throw unreadable('a part has no name (content-disposition: form-data; name="…")');
    const field = name.replace(/\[\]$/, '');
    // Without a file name, too: clients that send a stream may have none.
    const isFile = filename !== undefined || headers['content-type']?.[0] === 'application/octet-stream';
    const { fileFields, maxFiles, maxFileBytes, share, expectedFileBytes } = this.limits;
    const arriving = new ArrivingBytes(isFile ? expectedFileBytes : undefined);
    let length = 0;
    const collect = (maxBytes: number, excess: () => ApiError, onEnd: (bytes: Uint8Array) => void): void => {
      part.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > maxBytes) {
          fail(excess());
          return;
        }
        try {
          share.take(chunk.length);
          arriving.add(chunk);
        } catch (error) {
          fail(error as Error);
        }
      });
      part.on('end', () => {
        if (length > maxBytes) return;
        try {
          onEnd(arriving.bytes);
        } catch (error) {
          fail(error as Error);
        }
      });
    };
    if (!isFile) {
      // What would be wrong with a file for a text is not what its sender has to mend.
      const isNamelessFile = fileFields.includes(field);
      const tooLong = (): ApiError =>
        isNamelessFile
          ? namelessFile(field)
          : new ApiError('invalid_value', `field ${shown(field)} is longer than ${MAX_FIELD_BYTES} bytes`, field);
      collect(MAX_FIELD_BYTES, tooLong, (bytes) => {
        this.fieldBytes += bytes.length;
        if (this.fieldBytes > MAX_FIELDS_BYTES) {
          throw new ApiError('invalid_value', `the fields are longer than ${MAX_FIELDS_BYTES} bytes together`, field);
        }
        const values = this.fields.get(field) ?? [];
        values.push(
          decode(bytes, () => (isNamelessFile ? namelessFile(field) : notUtf8(`field ${shown(field)}`, field))),
        );
        this.fields.set(field, values);
      });
      return;
    }
    const isFull = this.files.filter((file) => file.field === field).length >= maxFiles;
    if (fileFields.includes(field) && isFull && maxFiles > 1) {
      throw new ApiError(
        'invalid_value',
        `more than ${maxFiles} files named ${shown(field)}: send fewer at a time`,
        field,
      );
    }
    if (!fileFields.includes(field) || isFull) {
      part.resume();
      return;
    }
    const hash = createHash('sha256');
    const file = { field, filename: filename?.replace(/^.*[/\\]/s, ''), header: (key: string) => headers[key]?.[0] };
    const at = this.files.push({ ...file, bytes: new Uint8Array(), sha256: '' }) - 1;
    part.on('data', (chunk: Buffer) => {
      hash.update(chunk);
    });
    collect(
      maxFileBytes,
      () => bodyTooLarge(maxFileBytes, length),
      (bytes) => {
        this.files[at] = { ...file, bytes, sha256: hash.digest('hex') };
      },
    );
  }
}

type PartHeaders = Readonly<Record<string, readonly string[] | undefined>>;

export function bodyTooLarge(maxBodyBytes: number, bytes: number): ApiError {
  return new ApiError(
    'body_too_large',
    `Maximum content size limit (${maxBodyBytes}) exceeded (${bytes} bytes or more). Send shorter audio, or FLAC.`,
    'file',
  );
}

function unreadable(why: string): ApiError {
  return new ApiError('invalid_multipart', `the multipart form cannot be read: ${why}`);
}

function boundaryOf(contentType: string): string {
  const boundary = parametersOf(contentType.slice(contentType.indexOf(';'))).boundary ?? '';
  if (boundary === '' || boundary.length > MAX_BOUNDARY) {
    throw unreadable(`its content-type has no boundary of 1 to ${MAX_BOUNDARY} characters`);
  }
  return boundary;
}

function parametersOf(header: string): { name?: string; filename?: string; boundary?: string } {
  const found: Record<string, string | undefined> = Object.create(null) as Record<string, undefined>;
  for (const [, name, quoted, token] of header.matchAll(PARAMETER)) {
    found[name!.toLowerCase()] ??= quoted?.replace(/\\(.)/gs, '$1') ?? token;
  }
  return { name: found.name, filename: extended(found['filename*']) ?? found.filename, boundary: found.boundary };
}

/** `UTF-8''caf%C3%A9.wav` (RFC 5987). */
function extended(value: string | undefined): string | undefined {
  const encoded = value === undefined ? undefined : /^utf-8'[^']*'(.*)$/is.exec(value)?.[1];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

/** @param value a header as the parser gives it, a character a byte; or bytes */
function decode(value: string | Uint8Array, fault: () => ApiError): string {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw fault();
  }
}

function notUtf8(what: string, field: string | null = null): ApiError {
  return new ApiError('invalid_value', `${what} of the form is not UTF-8`, field);
}

/** Only by its file's name is a part told from a field (RFC 7578, 4.2). */
function namelessFile(field: string): ApiError {
  return new ApiError(
    'invalid_value',
    `the part ${shown(field)} has no file name, which makes it a field of text: send it with content-disposition: form-data; name=${shown(field)}; filename="audio.wav"`,
    field,
  );
}

function checkSize(headers: PartHeaders): void {
  const lines = Object.entries(headers).flatMap(([name, values = []]) => values.map((value) => [name, value] as const));
  const bytes = lines.reduce((sum, [name, value]) => sum + name.length + value.length + HEADER_OVERHEAD_BYTES, 0);
  if (lines.length <= MAX_PART_HEADERS && bytes <= MAX_PART_HEADER_BYTES) return;
  throw unreadable(
    `a part has more than ${MAX_PART_HEADERS} headers, or more than ${MAX_PART_HEADER_BYTES} bytes of them`,
  );
}

/** A name that somebody else made up, fit for a message. */
function shown(name: string): string {
  return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}…` : name);
}
