import type { FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import type { Socket } from 'node:net';
import fp from 'fastify-plugin';
import { AudioError } from '../../audio/audio-error';
import { EngineError } from '../../engine/engine-error';
import { WhisperError } from '../../whisper/whisper-error';
import type { Exchange } from '../connections/connection-tracker';
import { ApiError, type ErrorCode } from './api-error';
import { fromValidation, isValidationError } from './validation-error';

declare module 'fastify' {
  interface FastifyRequest {
    /** Why the request was not answered as it asked; null as long as nothing speaks against it. */
    failure: ApiError | null;
  }
}

/** Methods that routes of this server have. */
const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST'];

/** Errors in OpenAI's shape, with headers that tell its SDKs whether a retry makes sense. */
export const errorHandling = fp(function errorHandling(app, _options, done) {
  app.decorateRequest('failure', null);
  const answerNotFound = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const path = request.url.split('?')[0]!;
    const allowed = METHODS.filter((method) => app.hasRoute({ method, url: path }));
    if (allowed.length === 0) {
      return sendApiError(reply, new ApiError('not_found', `no route ${request.method} ${path}`));
    }
    reply.header('allow', allowed.join(', '));
    return sendApiError(
      reply,
      new ApiError('method_not_allowed', `${path} takes ${allowed.join(', ')}, not ${request.method}`),
    );
  };
  app.setErrorHandler((error, request, reply) => {
    // What Fastify itself finds wrong with a request that nothing here takes matters less than that.
    if (request.is404 && !(error instanceof ApiError)) return answerNotFound(request, reply);
    const apiError = toApiError(error, request);
    noteFailure(request, apiError);
    return sendApiError(reply, apiError);
  });
  app.setNotFoundHandler(answerNotFound);
  done();
});

/**
 * Answers what is no HTTP request; there is no reply to send it with.
 *
 * @param exchange the request that came last, while it is not answered whole. Where its body is there, the fault is in
 * what follows: an answer to that would stand in the middle of its own, so that the connection ends behind that, without
 * another word
 */
export function answerProtocolError(
  error: Error & { readonly code?: string },
  socket: Socket,
  exchange?: Exchange,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  if (exchange?.message.complete) {
    exchange.response.once('close', () => {
      socket.destroySoon();
    });
    return;
  }
  if (exchange?.response.headersSent) {
    socket.destroy();
    return;
  }
  const [status, code] = PROTOCOL_FAULTS[error.code ?? ''] ?? ['400 Bad Request', 'invalid_request'];
  const body = JSON.stringify({
    error: { message: `the request is malformed: ${error.message}`, type: 'invalid_request_error', param: null, code },
  });
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

const PROTOCOL_FAULTS: Readonly<Record<string, readonly [status: string, code: ErrorCode]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'headers_too_large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'headers_timeout'],
};

export function sendApiError(reply: FastifyReply, error: ApiError): FastifyReply {
  return errorHeaders(reply, error).code(error.kind.status).send(errorBody(error));
}

/** OpenAI's shape. */
export function errorBody({ message, kind: { type }, param, code }: ApiError): object {
  return { error: { message, type, param, code } };
}

/**
 * `retry-after` is in whole seconds; OpenAI's SDKs prefer `retry-after-ms`, and obey `x-should-retry`. A 401 must say
 * how to authenticate (RFC 9110, 11.6.1).
 */
export function errorHeaders(reply: FastifyReply, { kind, retryAfterMs }: ApiError): FastifyReply {
  const { status, retryAfterSeconds } = kind;
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  if (retryAfterSeconds === false) return reply.header('x-should-retry', 'false');
  if (retryAfterSeconds === undefined) return reply;
  const waitMs = Math.ceil(retryAfterMs ?? retryAfterSeconds * 1000);
  return reply.header('retry-after', Math.ceil(waitMs / 1000)).header('retry-after-ms', waitMs);
}

/** Says in the log why, and remembers it for what is said of the request at its end. */
export function noteFailure(request: FastifyRequest, error: ApiError): void {
  request.failure = error;
  const level = error.kind.status >= 500 ? 'error' : 'info';
  request.log[level](
    { code: error.code, err: error.kind.status === 500 ? (error.cause ?? error) : undefined },
    error.message,
  );
}

/** What other layers throw, by their codes, in the words of the catalogue. */
export function toApiError(error: unknown, request?: FastifyRequest): ApiError {
  if (error instanceof ApiError) return error;
  if (isValidationError(error) && request) return fromValidation(error, request);
  if (error instanceof AudioError) {
    // Of what the caller says about a file, the channel is all that can be wrong.
    const param = error.code === 'invalid_value' ? 'channel' : 'file';
    return new ApiError(error.code, error.message, param, { cause: error });
  }
  if (error instanceof WhisperError) {
    switch (error.code) {
      case 'unsupported_language':
        return new ApiError('unsupported_language', error.message, 'language', { cause: error });
      case 'unsupported_task':
        return new ApiError('unsupported_value', error.message, null, { cause: error });
      case 'words_unavailable':
        return new ApiError('unsupported_value', error.message, 'timestamp_granularities', { cause: error });
      case 'invalid_option':
        return new ApiError('invalid_value', error.message, null, { cause: error });
      default:
        return new ApiError('internal_error', 'the model failed on this audio', null, { cause: error });
    }
  }
  if (error instanceof EngineError) return fromEngine(error);
  const { statusCode, message } = error as { statusCode?: number; message: string };
  if (statusCode === 413) return new ApiError('body_too_large', message, null, { cause: error });
  if (statusCode === 415) return new ApiError('unsupported_media_type', message, null, { cause: error });
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new ApiError('invalid_value', message, null, { cause: error });
  }
  return new ApiError('internal_error', 'an unexpected error; the log has the details', null, { cause: error });
}

function fromEngine(error: EngineError): ApiError {
  const { message, retryAfterMs } = error;
  const as = (code: ErrorCode, text = message): ApiError =>
    new ApiError(code, text, null, { cause: error, retryAfterMs });
  switch (error.code) {
    case 'overloaded':
    case 'poison_request':
      return as(error.code);
    case 'key_busy':
      return as('rate_limit_exceeded');
    case 'deadline_exceeded':
      return as('request_timeout');
    case 'engine_hung':
    case 'engine_lost':
    case 'engine_stopped':
      return as('not_ready');
    default:
      return as('internal_error', 'the engine failed on this audio');
  }
}
