import { randomBytes } from 'node:crypto';

/** A request whose bytes are made once and sent often: the client is to cost little beside the server. */
export interface LoadRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface AudioFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** An upload as clients send it; the file goes last. */
export function formRequest(
  path: string,
  file: AudioFile,
  fields: Readonly<Record<string, string>> = {},
  fileField = 'file',
): LoadRequest {
  const boundary = `load-${randomBytes(12).toString('hex')}`;
  const texts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const fileHead =
    `--${boundary}\r\ncontent-disposition: form-data; name="${fileField}"; filename="${file.name}"\r\n` +
    'content-type: audio/wav\r\n\r\n';
  return {
    path,
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([Buffer.from(texts.join('') + fileHead), file.bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  };
}

/** The audio as the body itself, its options in the query. */
export function rawRequest(path: string, { bytes }: AudioFile): LoadRequest {
  return { path, headers: { 'content-type': 'audio/wav' }, body: Buffer.from(bytes) };
}

/** The same request with further headers. */
export function withHeaders(request: LoadRequest, headers: Readonly<Record<string, string>>): LoadRequest {
  return { ...request, headers: { ...request.headers, ...headers } };
}
