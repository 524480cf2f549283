import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { AudioError } from '../../audio/audio-error';
import { EngineError } from '../../engine/engine-error';
import { WhisperError } from '../../whisper/whisper-error';
import { AllowedMethods } from './allowed-methods';
import { ApiError, type ErrorCode } from './api-error';
import { fromValidation, isValidationError } from './validation-error';

declare module 'fastify' {
  interface FastifyRequest {
    /** Why the request was not answered as it asked; null as long as nothing speaks against it. */
    failure: ApiError | null;
  }
}

/**
 * Errors in OpenAI's shape, with headers that tell its SDKs whether a retry makes sense. To be registered before the
 * routes, whose methods it has to know.
 */
export const errorHandling = fp(function errorHandling(app, _options, done) {
  app.decorateRequest('failure', null);
  const methods = new AllowedMethods();
  app.addHook('onRoute', ({ method, url }) => {
    methods.add(url, method);
  });
  const answerNotFound = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const path = request.url.split('?')[0]!;
    const taken = methods.of(path);
    // A route for any path, which has nothing there.
    const allowed = taken.some((method) => method === request.method) ? '' : taken.join(', ');
    const error =
      allowed === ''
        ? new ApiError('not_found', `no route ${request.method} ${path}`)
        : new ApiError('method_not_allowed', `${path} takes ${allowed}, not ${request.method}`);
    if (allowed !== '') reply.header('allow', allowed);
    // Without a line in the log: whoever looks for doors that are not there would fill it.
    request.failure = error;
    return sendApiError(reply, error);
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
