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
  /** Too many requests are waiting. */
  | 'overloaded'
  /** The engine process was lost twice while it worked on the same window. */
  | 'engine_lost'
  /** The engine reported an error of its own. */
  | 'engine_failed'
  /** The engine is stopping or has given up. */
  | 'engine_stopped';

export class EngineError extends Error {
  override readonly name = 'EngineError';

  constructor(
    readonly code: EngineErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
