import type { Engine } from '../engine/engine';

/** What probes tell. */
export class ServerState {
  private readonly startedAt = performance.now();
  private onceReady = false;
  private isDraining = false;

  constructor(private readonly engine: Engine) {
    engine.once('ready', () => {
      this.onceReady = true;
    });
  }

  /** The engine has been warm once: the startup probe's question. */
  get started(): boolean {
    return this.onceReady;
  }

  /** The engine is warm now. Requests that arrive while it restarts wait for it. */
  get ready(): boolean {
    return this.engine.isReady;
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
