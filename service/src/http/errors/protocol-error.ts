import type { Socket } from 'node:net';
import type { Exchange } from '../connections/connection-tracker';
import { newRequestId } from '../security/request-id';
import { DATA_HEADERS } from '../security/security-headers';
import { ApiError, type ErrorCode } from './api-error';
import { errorBody } from './error-handling';

/** An answer to what was no HTTP request. */
export interface ProtocolAnswer {
  /** As the answer's `x-request-id` has it: there was no request that could have had one. */
  readonly requestId: string;
  readonly error: ApiError;
}

const PROTOCOL_FAULTS: Readonly<Record<string, readonly [statusText: string, code: ErrorCode]>> = {
  HPE_HEADER_OVERFLOW: ['Request Header Fields Too Large', 'headers_too_large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['Request Timeout', 'headers_timeout'],
};

/**
 * Answers what is no HTTP request; there is no reply to send it with.
 *
 * @param exchange the request that came last, while it is not answered whole. Where its body is there, the fault is in
 * what follows: an answer to that would stand in the middle of its own, so that the connection ends behind that, without
 * another word
 * @returns what was answered; undefined where nothing could be
 */
export function answerProtocolError(
  error: Error & { readonly code?: string },
  socket: Socket,
  exchange?: Exchange,
): ProtocolAnswer | undefined {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  if (exchange?.message.complete) {
    exchange.response.once('close', () => {
      socket.destroySoon();
    });
    return undefined;
  }
  if (exchange?.response.headersSent) {
    socket.destroy();
    return undefined;
  }
  const [statusText, code] = PROTOCOL_FAULTS[error.code ?? ''] ?? ['Bad Request', 'invalid_request'];
  const apiError = new ApiError(code, `the request is malformed: ${error.message}`, null, { cause: error });
  const requestId = newRequestId();
  const body = JSON.stringify(errorBody(apiError));
  const headers = {
    ...DATA_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-request-id': requestId,
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${apiError.kind.status} ${statusText}\r\n${lines.join('')}\r\n${body}`);
  return { requestId, error: apiError };
}
