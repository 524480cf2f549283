import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiError } from './api-error';
import { errorHeaders, noteFailure, toApiError } from './error-handling';
import { isValidationError } from './validation-error';

/** One of the faults that FastAPI lists with a 422. */
interface FastapiFault {
  readonly type: string;
  readonly loc: readonly [where: 'query' | 'body', field: string];
  readonly msg: string;
  /** The value as it was given; null where none was. */
  readonly input: string | null;
}

/**
 * Errors in FastAPI's shape, for the routes of one plugin: a list of faults where the request is not as its schema says,
 * a sentence elsewhere.
 *
 * @param messageOf - the sentence, where it is another than the error's own
 */
export function fastapiErrors(
  app: FastifyInstance,
  messageOf: (error: ApiError) => string = ({ message }) => message,
): void {
  app.setErrorHandler((error, request, reply) => {
    const apiError = toApiError(error, request);
    const fault = faultOf(error, apiError, request);
    if (fault) return send(request, reply, apiError, 422, [fault]);
    return send(request, reply, apiError, apiError.kind.status, messageOf(apiError));
  });
}

function faultOf(
  error: unknown,
  { code, param, message }: ApiError,
  { url, body }: FastifyRequest,
): FastapiFault | undefined {
  const field = param ?? '';
  if (code === 'missing_file') return { type: 'missing', loc: ['body', field], msg: 'Field required', input: null };
  if (!isValidationError(error)) return undefined;
  const isInQuery = error.validationContext === 'querystring';
  // What was parsed of a query may be a number by now, which is not what was sent.
  const given = isInQuery
    ? new URLSearchParams(url.slice(url.indexOf('?') + 1)).getAll(field).at(-1)
    : (body as Readonly<Record<string, unknown>>)[field];
  const input = typeof given === 'string' ? given : null;
  return { type: 'value_error', loc: [isInQuery ? 'query' : 'body', field], msg: message, input };
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  error: ApiError,
  status: number,
  detail: string | readonly FastapiFault[],
): FastifyReply {
  noteFailure(request, error);
  return errorHeaders(reply, error).code(status).send({ detail });
}
