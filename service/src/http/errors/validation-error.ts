import type { FastifySchemaValidationError } from 'fastify/types/schema';
import type { FastifyRequest } from 'fastify';
import { ApiError } from './api-error';

/** A request whose fields are not as their schema says. */
interface InvalidRequest {
  readonly validation: readonly FastifySchemaValidationError[];
  /** Which part of it: `body`, `querystring`. */
  readonly validationContext?: string;
}

export function isValidationError(error: unknown): error is InvalidRequest {
  return Array.isArray((error as Partial<InvalidRequest> | null)?.validation);
}

/** The first fault, by its field's name, the value got and the values that there are. */
export function fromValidation(
  { validation: [fault], validationContext }: InvalidRequest,
  { body, query, call }: Pick<FastifyRequest, 'body' | 'query' | 'call'>,
): ApiError {
  const { keyword, params, instancePath, message = 'it is not as the schema says' } = fault!;
  if (keyword === 'required') {
    const missing = String(params.missingProperty);
    // Of forms with audio, the file is all that must be there.
    return call?.missing(missing) ?? new ApiError('invalid_value', `the field ${missing} is missing`, missing);
  }
  const [, field = ''] = instancePath.split('/');
  const value = valueAt(validationContext === 'querystring' ? query : body, instancePath);
  const got = `${field}: got ${value === undefined ? 'nothing' : JSON.stringify(value)}`;
  return new ApiError('invalid_value', `${got}, ${expectation(keyword, params, message)}`, field || null);
}

function expectation(keyword: string, params: Readonly<Record<string, unknown>>, message: string): string {
  if (keyword === 'enum') return `expected one of ${(params.allowedValues as readonly unknown[]).join(', ')}`;
  if (keyword === 'type') return `expected ${String(params.type)}`;
  return `it ${message}`;
}

function valueAt(given: unknown, instancePath: string): unknown {
  return instancePath
    .split('/')
    .slice(1)
    .reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key], given);
}
