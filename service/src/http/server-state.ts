import type { Engine } from '../engine/engine';

export type Readiness = 'ready' | 'loading' | 'hung' | 'full' | 'draining';

/** What probes tell. */
export class ServerState {
  private readonly startedAt = performance.now();
  private onceReady = false;
  private isDraining = false;

  private isFull = false;

  /** @param maxWaitSeconds predicted wait from which on the server is not ready; 0: none */
  constructor(
    private readonly engine: Engine,
    private readonly maxWaitSeconds: number,
  ) {
    engine.once('ready', () => {
      this.onceReady = true;
    });
  }

  /** The engine has been warm once: the startup probe's question. */
  get started(): boolean {
    return this.onceReady && !this.engine.isHeld;
  }

  /** Restarts of the engine do not help: the liveness probe's question, and the readiness probe's before it acts. */
  get hung(): boolean {
    return this.engine.isHung;
  }

  /**
   * The readiness probe's question. `loading`, too, while a lost engine restarts: requests that arrive then wait for it.
   * `full` from the longest wait that is allowed until half of it is left, so that the endpoint does not flap.
   */
  get readiness(): Readiness {
    if (this.isDraining) return 'draining';
    if (!this.engine.isReady) return 'loading';
    if (this.hung) return 'hung';
    if (this.maxWaitSeconds > 0) {
      const waitSeconds = this.engine.admission.load.predictedWaitMs / 1000;
      this.isFull = waitSeconds > (this.isFull ? this.maxWaitSeconds / 2 : this.maxWaitSeconds);
    }
    return this.isFull ? 'full' : 'ready';
  }

  get draining(): boolean {
    return this.isDraining;
  }

  /** From now on readiness fails, and connections are closed after their response. */
  drain(): void {
    this.isDraining = true;
  }

  get uptimeSeconds(): number {
    return (performance.now() - this.startedAt) / 1000;
  }
}
