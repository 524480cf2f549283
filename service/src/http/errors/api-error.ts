/** OpenAI's error types, which its SDKs map to exception classes by status. */
type ErrorType = 'invalid_request_error' | 'server_error' | 'rate_limit_error';

interface ErrorKind {
  readonly status: number;
  readonly type: ErrorType;
  /** Seconds after which a retry makes sense; false where it never does; absent where the SDK's own rule is right. */
  readonly retryAfterSeconds?: number | false;
}

/**
 * The catalogue of what the HTTP API answers when it does not answer with a transcript. Codes are stable.
 * docs/http-api.md lists them; a test compares.
 */
export const ERROR_KINDS = {
  /** No HTTP request at all, or a URL that cannot be read. */
  invalid_request: { status: 400, type: 'invalid_request_error' },
  /** The request's head did not arrive in time. */
  headers_timeout: { status: 408, type: 'invalid_request_error' },
  /** The request's body came too slowly. */
  body_timeout: { status: 408, type: 'invalid_request_error' },
  headers_too_large: { status: 431, type: 'invalid_request_error' },
  /** The multipart form breaks off, or is none. */
  invalid_multipart: { status: 400, type: 'invalid_request_error' },
  /** A body that is neither a form nor audio, or one that is compressed on the way. */
  unsupported_media_type: { status: 415, type: 'invalid_request_error' },
  missing_file: { status: 400, type: 'invalid_request_error' },
  /** A form field has a value that it cannot have. */
  invalid_value: { status: 400, type: 'invalid_request_error' },
  /** A form field has a value that the contract knows and this server does not serve. */
  unsupported_value: { status: 400, type: 'invalid_request_error' },
  unsupported_language: { status: 400, type: 'invalid_request_error' },
  unsupported_format: { status: 400, type: 'invalid_request_error' },
  audio_empty: { status: 400, type: 'invalid_request_error' },
  audio_corrupt: { status: 400, type: 'invalid_request_error' },
  audio_too_long: { status: 413, type: 'invalid_request_error' },
  audio_decode_timeout: { status: 400, type: 'invalid_request_error' },
  /** STT_API_KEYS_FILE is set, and the request names none of its keys. */
  invalid_api_key: { status: 401, type: 'invalid_request_error' },
  model_not_found: { status: 404, type: 'invalid_request_error' },
  not_found: { status: 404, type: 'invalid_request_error' },
  method_not_allowed: { status: 405, type: 'invalid_request_error' },
  body_too_large: { status: 413, type: 'invalid_request_error' },
  /** The body is compressed as a whole. */
  unsupported_encoding: { status: 415, type: 'invalid_request_error' },
  /** The header `expect` asks for more than 100-continue. */
  expectation_failed: { status: 417, type: 'invalid_request_error' },
  /** The idempotency key came with another upload, or with other options, before. */
  idempotency_key_reused: { status: 422, type: 'invalid_request_error' },
  /** The engine's process ended twice while it heard this audio; nobody else is to suffer from it again. */
  poison_request: { status: 422, type: 'invalid_request_error' },
  /** The caller has as many requests in as it may. */
  rate_limit_exceeded: { status: 429, type: 'rate_limit_error', retryAfterSeconds: 1 },
  /** Too much is waiting or in memory, or the answer would come too late; another pod may have room. */
  overloaded: { status: 503, type: 'server_error', retryAfterSeconds: 1 },
  /** The engine hangs, has given up, or is stopping. */
  not_ready: { status: 503, type: 'server_error', retryAfterSeconds: 1 },
  /** Nobody reads it; it is for the log. */
  client_closed: { status: 499, type: 'invalid_request_error' },
  /**
   * The time that the server gives a request, or that its client waits, has passed, or will have before the audio is
   * heard: trying again would take as long.
   */
  request_timeout: { status: 504, type: 'server_error', retryAfterSeconds: false },
  internal_error: { status: 500, type: 'server_error' },
} as const satisfies Readonly<Record<string, ErrorKind>>;

export type ErrorCode = keyof typeof ERROR_KINDS;

/** An error with a place in the catalogue. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  /** When there will be room, where that is known better than by the kind. */
  readonly retryAfterMs: number | undefined;

  /** @param param the form field or parameter at fault */
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly param: string | null = null,
    options?: ErrorOptions & { readonly retryAfterMs?: number },
  ) {
    super(message, options);
    this.retryAfterMs = options?.retryAfterMs;
  }

  get kind(): ErrorKind {
    return ERROR_KINDS[this.code];
  }
}
