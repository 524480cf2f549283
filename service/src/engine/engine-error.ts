/** What the engine can fail with; stable, for people and scripts. */
export type EngineErrorCode =
  /** No folder of that name in the model store. */
  | 'model_not_found'
  /** The folder is there, but a file is missing or makes no sense. */
  | 'model_invalid'
  /** A file of the model is not the one that its checksums were made of. */
  | 'model_corrupt'
  /** A model could not be downloaded from the hub. */
  | 'model_fetch_failed'
  /** No execution provider for the device that was asked for. */
  | 'device_unavailable'
  /** Too many requests are in, or what is in takes longer than this one can wait. */
  | 'overloaded'
  /** The key has as many requests in as it may have. */
  | 'key_busy'
  /** The deadline has passed, or the work takes longer than what is left until then. */
  | 'deadline_exceeded'
  /** The engine process crashed twice while it worked on the same window. */
  | 'poison_request'
  /** The engine process hung twice while it worked on the same window. */
  | 'engine_hung'
  /** The engine process was lost too often in a row. */
  | 'engine_lost'
  /** The engine reported an error of its own. */
  | 'engine_failed'
  /** The engine is stopping or has given up. */
  | 'engine_stopped';

export interface EngineErrorOptions extends ErrorOptions {
  /** When another try has a chance, in milliseconds from now. */
  readonly retryAfterMs?: number;
}

export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: EngineErrorCode,
    message: string,
    options?: EngineErrorOptions,
  ) {
    super(message, options);
    this.retryAfterMs = options?.retryAfterMs;
  }
}
