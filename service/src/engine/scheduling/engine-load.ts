/** How busy the engine is at one moment. */
export interface EngineLoad {
  /** Requests that are in: admitted and not answered. */
  readonly inFlight: number;
  /** Engine processes: as many windows can be decoded at once. */
  readonly slots: number;
  /** Those that work. */
  readonly busySlots: number;
  /** Pieces of work in the queue: windows, and what they depend on. */
  readonly waiting: number;
  /** How long the oldest of them waits, in milliseconds; 0 without any. */
  readonly oldestWaitMs: number;
  /** Predicted time until all that is in is done, in milliseconds. */
  readonly predictedWaitMs: number;
}
