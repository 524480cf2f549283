import type { MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
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

/** A form of the contracts has some twenty fields. */
const MAX_FIELDS = 200;
/** A prompt is the longest field: 224 tokens, and generous. */
const MAX_FIELD_BYTES = 64 * 1024;

/**
 * @param fileField name of the file's part
 * @throws ApiError `invalid_multipart`, `body_too_large`, `overloaded`, `invalid_value`
 */
export async function readUpload(
  request: FastifyRequest,
  fileField: string,
  { maxBodyBytes, budget }: { readonly maxBodyBytes: number; readonly budget: UploadBudget },
): Promise<Upload> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maxBodyBytes) throw tooLarge(maxBodyBytes, declared);
  if (!request.isMultipart()) {
    throw new ApiError(
      'invalid_multipart',
      `send multipart/form-data with a part named "${fileField}", got content-type ${request.headers['content-type'] ?? '(none)'}`,
    );
  }
  const fields = new Map<string, string[]>();
  let file: Upload['file'];
  let held = 0;
  const release = (): void => {
    budget.giveBack(held);
    held = 0;
  };
  try {
    const limits = { files: 1, fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES, fileSize: maxBodyBytes };
    for await (const part of request.parts({ limits })) {
      if (part.type === 'field') {
        if (part.valueTruncated) {
          throw new ApiError(
            'invalid_value',
            `field ${part.fieldname} is longer than ${MAX_FIELD_BYTES} bytes`,
            part.fieldname,
          );
        }
        const name = part.fieldname.replace(/\[\]$/, '');
        fields.set(name, [...(fields.get(name) ?? []), String(part.value)]);
      } else if (part.fieldname === fileField) {
        const chunks: Buffer[] = [];
        for await (const chunk of part.file as AsyncIterable<Buffer>) {
          budget.take(chunk.length);
          held += chunk.length;
          chunks.push(chunk);
        }
        if (part.file.truncated) throw tooLarge(maxBodyBytes, held);
        file = { bytes: Buffer.concat(chunks), filename: part.filename };
      } else {
        await drain(part);
      }
    }
  } catch (error) {
    release();
    if (error instanceof ApiError) throw error;
    const { code, message } = error as { code?: string; message: string };
    if (code === 'FST_REQ_FILE_TOO_LARGE') throw tooLarge(maxBodyBytes, held);
    throw new ApiError('invalid_multipart', `the multipart form cannot be read: ${message}`, null, { cause: error });
  }
  return { file, fields, release };
}

function tooLarge(maxBodyBytes: number, bytes: number): ApiError {
  return new ApiError('body_too_large', `Maximum content size limit (${maxBodyBytes}) exceeded (${bytes} bytes read)`);
}

async function drain(part: MultipartFile): Promise<void> {
  part.file.resume();
  await new Promise((resolve, reject) => part.file.once('end', resolve).once('error', reject));
}
