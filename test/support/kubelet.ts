import { setTimeout as sleep } from 'node:timers/promises';

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: number };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

export interface Probes {
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
}

type ProbeKind = 'startup' | 'readiness' | 'liveness';

/** One answer to a probe. */
export interface ProbeOutcome {
  readonly kind: ProbeKind;
  /** Since the container's start. */
  readonly seconds: number;
  readonly success: boolean;
  /** Undefined where there was no answer in time. */
  readonly status: number | undefined;
}

const POLL_MS = 20;

/**
 * Probes one container as the kubelet does (k8s.io/kubernetes pkg/kubelet/prober/worker.go), for as long as it lives:
 * startup first, then readiness and liveness side by side, none before its initial delay, which counts from the
 * container's start. A failure counts once it has come `failureThreshold` times in a row, a success at once. Where the
 * kubelet would restart the container, `during` and `until` reject.
 */
export class Kubelet {
  readonly outcomes: ProbeOutcome[] = [];
  private readonly startedAt = performance.now();
  private readonly stopping = new AbortController();
  private readonly workers: Promise<unknown>;
  private readonly restart: Promise<never>;
  private rejectRestart: (reason: Error) => void = () => undefined;
  private isStarted = false;
  private isReady = false;
  private isDeleted = false;
  private fault: Error | undefined;

  /** Begins at once: the container's start is now. */
  constructor(probes: Probes) {
    this.restart = new Promise<never>((_resolve, reject) => {
      this.rejectRestart = reject;
    });
    // It may come while nobody looks; `during`, `until` and `stop` tell it.
    this.restart.catch(() => undefined);
    this.workers = Promise.all([
      this.probe('startup', probes.startupProbe),
      this.probe('readiness', probes.readinessProbe),
      this.probe('liveness', probes.livenessProbe),
    ]);
  }

  /** The startup probe has succeeded. */
  get started(): boolean {
    return this.isStarted;
  }

  /** What the pod's Ready condition says: Services send requests here. */
  get ready(): boolean {
    return this.isReady;
  }

  of(kind: ProbeKind): readonly ProbeOutcome[] {
    return this.outcomes.filter((outcome) => outcome.kind === kind);
  }

  /** What `work` comes to, if the container need not be restarted meanwhile. */
  during<Result>(work: Promise<Result>): Promise<Result> {
    return Promise.race([this.restart, work]);
  }

  /** Waits for a condition. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.during(sleep(POLL_MS));
  }

  /** The pod is deleted: from now on the kubelet restarts nothing, and only readiness is still probed. */
  podDeleted(): void {
    this.isDeleted = true;
  }

  /** The container has ended. @throws what it would have been restarted for */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.workers;
    if (this.fault) throw this.fault;
  }

  private async probe(kind: ProbeKind, probe: Probe): Promise<void> {
    let failures = 0;
    while (!this.isOver(kind)) {
      if (this.isDue(kind, probe)) {
        const outcome = await this.ask(kind, probe);
        // What was asked before the end, or before it ceased to matter, counts no more.
        if (this.isOver(kind)) return;
        this.outcomes.push(outcome);
        failures = outcome.success ? 0 : failures + 1;
        if (outcome.success) this.succeed(kind);
        else if (failures >= probe.failureThreshold) this.fail(kind, probe);
      }
      await sleep(probe.periodSeconds * 1000, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  private isOver(kind: ProbeKind): boolean {
    if (this.fault || this.stopping.signal.aborted) return true;
    return kind === 'startup' ? this.isStarted || this.isDeleted : kind === 'liveness' && this.isDeleted;
  }

  private isDue(kind: ProbeKind, { initialDelaySeconds = 0 }: Probe): boolean {
    return this.seconds() >= initialDelaySeconds && (kind === 'startup' || this.isStarted);
  }

  private succeed(kind: ProbeKind): void {
    if (kind === 'startup') this.isStarted = true;
    else if (kind === 'readiness') this.isReady = true;
  }

  private fail(kind: ProbeKind, { httpGet, failureThreshold }: Probe): void {
    if (kind === 'readiness') {
      this.isReady = false;
      return;
    }
    this.fault = new Error(
      `the kubelet would restart the container: ${kind} (${httpGet.path}) failed ${failureThreshold} times in a row\n` +
        this.outcomes.map((outcome) => JSON.stringify(outcome)).join('\n'),
    );
    this.rejectRestart(this.fault);
  }

  private async ask(kind: ProbeKind, { httpGet, timeoutSeconds }: Probe): Promise<ProbeOutcome> {
    const seconds = this.seconds();
    const status = await fetch(`http://127.0.0.1:${httpGet.port}${httpGet.path}`, {
      // Each on a connection of its own.
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
    }).then(
      async (response) => {
        await response.body?.cancel();
        return response.status;
      },
      () => undefined,
    );
    return { kind, seconds, status, success: status !== undefined && status >= 200 && status < 400 };
  }

  private seconds(): number {
    return (performance.now() - this.startedAt) / 1000;
  }
}
