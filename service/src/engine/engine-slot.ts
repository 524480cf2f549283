import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { engineEnvironment } from './engine-environment';
import { EngineError } from './engine-error';
import type {
  EngineOutcome,
  EngineProcessOptions,
  EngineRequest,
  EngineResponse,
  WindowTiming,
} from './engine-protocol';
import { HangWatch } from './hang-watch';
import type { PieceOfWork } from './piece-of-work';

/** Why an engine process was replaced. */
export type RestartCause =
  /** It ended unasked. */
  | 'crash'
  /** It showed no sign of life, and was killed. */
  | 'hang'
  /** Its memory had grown above `maxRssBytes`. */
  | 'memory';

/** Facts of one start of an engine process. */
export interface EngineStart {
  readonly pid: number;
  /** Inference threads of the process. */
  readonly threads: number;
  readonly loadMs: number;
  readonly warmUpMs: number;
  /** Resident memory of the process when it is warm. */
  readonly rssBytes: number;
  /** What made the start necessary; undefined where nothing had been lost. */
  readonly cause?: RestartCause;
  /** Time without a process that could work, in milliseconds; undefined likewise. */
  readonly downMs?: number;
}

/** An engine process that is gone. */
export interface EngineLoss {
  /** Its signal or exit code, or why it was killed. */
  readonly reason: string;
  readonly cause: Exclude<RestartCause, 'memory'>;
  readonly restartInMs: number;
}

/** A process that is replaced as planned. */
export interface EngineRecycling {
  readonly pid: number;
  readonly rssBytes: number;
}

interface SlotEvents {
  ready: [EngineStart, WindowTiming];
  progress: [];
  done: [PieceOfWork, EngineOutcome];
  /** With what it was working at. */
  lost: [EngineLoss, PieceOfWork | undefined];
  recycled: [EngineRecycling];
  /** It will not be restarted. */
  failed: [EngineError];
}

/** Losses of an idle or loading process in a row, without work done in between, after which it is given up. */
const MAX_IDLE_LOSSES = 5;
/** Pause before the second restart in a row; it doubles with each further one. */
const RESTART_PAUSE_MS = 250;
/**
 * Pieces of work that a process does at least before it is replaced for its memory: a limit below what the model needs
 * costs a few percent of the time, and not all of it.
 */
const MIN_WORK_OF_A_PROCESS = 32;
/**
 * Inference yields to the server's process: probes and refusals are answered while all CPUs decode. With 5, the slowest
 * refusal of a hundred takes 56 ms instead of 10 (test/load/overload.load.ts, 30 s); throughput is the same. Audio is
 * decoded by the server's process, and goes before inference as well.
 */
const ENGINE_NICENESS = 10;

type SlotState =
  /** There is no process, and none is wanted. */
  | 'new'
  /** A process loads the model, or the next one is made in a moment. */
  | 'starting'
  | 'ready'
  | 'ended';

/**
 * Keeps one engine process running, and gives it one piece of work at a time. A process that is lost is replaced: at once
 * when it was working, for then the work may be to blame; after growing pauses when it was not.
 */
export class EngineSlot extends EventEmitter<SlotEvents> {
  private state: SlotState = 'new';
  private child: ChildProcess | undefined;
  private current: PieceOfWork | undefined;
  /** Why the process was told to end. */
  private ending: Exclude<RestartCause, 'crash'> | undefined;
  /** Since when there is no process that could work, and why. */
  private down: { readonly sinceMs: number; readonly cause: RestartCause } | undefined;
  private restartTimer: NodeJS.Timeout | undefined;
  private restartInMs = 0;
  private spawnedAtMs = 0;
  /** From the last process's making to its readiness; undefined before there was one. */
  private lastStartMs: number | undefined;
  private idleLosses = 0;
  private workDone = 0;
  private largestRss = 0;
  private wantedThreads: number;
  /** Threads that the process works with, or loads with. */
  private givenThreads = 0;
  /** The process loads its model once more, with other threads. */
  private isReloading = false;
  /** The process ends as soon as it has done its work. */
  private isRetiring = false;
  private processRssBytes = 0;
  /** Each process's own. */
  private workWatch = new HangWatch();
  private readonly loadWatch = new HangWatch();

  constructor(private readonly options: EngineProcessOptions) {
    super();
    this.wantedThreads = options.threads;
  }

  /** Warm, or away as planned: that takes no longer than a few windows, and what waits loses nothing. */
  get isServing(): boolean {
    return this.state === 'ready' || this.isReloading || this.down?.cause === 'memory';
  }

  /** Whether it may be started. */
  get isAway(): boolean {
    return this.state === 'new';
  }

  /** Warm, whether it works or not. */
  get isReady(): boolean {
    return this.state === 'ready';
  }

  /** Whether {@link run} can be called. */
  get isFree(): boolean {
    return this.state === 'ready' && this.current === undefined;
  }

  get isBusy(): boolean {
    return this.current !== undefined;
  }

  /** Whether {@link look} has anything to look at. */
  get isWatched(): boolean {
    return this.state === 'starting' || this.current !== undefined;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Threads that it has, or will have as soon as it is free. */
  get threads(): number {
    return this.wantedThreads;
  }

  /** Threads that its process works with; 0 before there was one. */
  get loadedThreads(): number {
    return this.givenThreads;
  }

  /** From the last process's making to its readiness, in milliseconds; undefined before there was one. */
  get startMs(): number | undefined {
    return this.lastStartMs;
  }

  /** Of all its processes so far. */
  get largestRssBytes(): number {
    return this.largestRss;
  }

  /** What its process held after its last piece of work, in bytes: what `maxRssBytes` bounds. 0 while there is none. */
  get rssBytes(): number {
    return this.processRssBytes;
  }

  /** Silence of a working process above which it counts as hung, in milliseconds. */
  get hangLimitMs(): number {
    return this.workWatch.limitMs;
  }

  /** Predicted time until it can take work, by its last start; 0 while it can. */
  readyInMs(nowMs: number): number {
    if (this.down === undefined) return 0;
    return Math.max(0, this.down.sinceMs + this.restartInMs + (this.lastStartMs ?? 0) - nowMs);
  }

  /** @param likeMs what another slot's start took: this one's hangs when it takes many times as long */
  start(likeMs?: number): void {
    this.lastStartMs ??= likeMs;
    if (likeMs !== undefined) this.loadWatch.expectAtLeast(likeMs);
    this.idleLosses = 0;
    this.spawn();
  }

  /** Gives the process another number of threads, as soon as it is free: it loads its model again. */
  resize(threads: number): void {
    this.wantedThreads = threads;
    if (this.isFree) this.reloadIfResized();
  }

  /** Ends the process as soon as it is free; until the next start there is none. */
  retire(): void {
    this.isRetiring = this.current !== undefined;
    if (!this.isRetiring) this.endForNow();
  }

  run(work: PieceOfWork): void {
    this.current = work;
    this.workWatch.begin(performance.now());
    this.send(work.request);
  }

  /** Tells the process that nobody waits for this work; it stops at its next step. */
  abort(work: PieceOfWork): void {
    if (this.current === work) this.send({ type: 'abort', id: work.id });
  }

  /** Kills the process when it hangs. To be called several times a second while {@link isWatched}. */
  look(nowMs: number): void {
    const isHang =
      this.state === 'starting'
        ? // How long the first start may take is the startup probe's to say.
          this.lastStartMs !== undefined && this.loadWatch.isHang(nowMs)
        : this.current !== undefined && this.workWatch.isHang(nowMs);
    if (isHang) this.end('hang');
  }

  async stop(): Promise<void> {
    this.state = 'ended';
    clearTimeout(this.restartTimer);
    const { child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  private spawn(): void {
    this.state = 'starting';
    this.isReloading = false;
    this.workDone = 0;
    this.spawnedAtMs = performance.now();
    this.loadWatch.begin(this.spawnedAtMs);
    let child: ChildProcess;
    try {
      child = fork(path.join(__dirname, 'engine-process.js'), {
        serialization: 'advanced',
        // Its own output (ONNX Runtime's warnings) goes where the server's log goes.
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        // For the collection at rest (engine-process.ts).
        execArgv: ['--expose-gc'],
        env: engineEnvironment(process.env),
      });
    } catch (error) {
      this.lose((error as Error).message);
      return;
    }
    this.child = child;
    child.on('message', (message: EngineResponse) => {
      if (this.child === child && this.state !== 'ended') this.receive(message);
    });
    child.on('error', ({ message }) => {
      // A process that could not be made (no memory, no process id left) never exits; one that was, does.
      if (child.pid === undefined && this.child === child) this.lose(message);
    });
    // Not 'exit': what it said in its last moment is still to be read then.
    child.on('close', (code, signal) => {
      if (this.child === child) this.lose(signal ?? `exit code ${code}`);
    });
    if (child.pid !== undefined) lowerPriority(child.pid);
    this.load();
  }

  private load(): void {
    this.givenThreads = this.wantedThreads;
    this.send({ type: 'load', options: { ...this.options, threads: this.givenThreads } });
  }

  private reloadIfResized(): void {
    if (this.wantedThreads === this.givenThreads) return;
    this.state = 'starting';
    this.isReloading = true;
    this.loadWatch.begin(performance.now());
    this.load();
  }

  private endForNow(): void {
    this.isRetiring = false;
    this.isReloading = false;
    this.processRssBytes = 0;
    this.state = 'new';
    this.down = undefined;
    this.ending = undefined;
    clearTimeout(this.restartTimer);
    const { child } = this;
    // Its end is no loss.
    this.child = undefined;
    child?.kill('SIGKILL');
  }

  private send(request: EngineRequest): void {
    this.child?.send(request, () => {
      // A closed channel: 'close' follows and deals with it.
    });
  }

  private receive(message: EngineResponse): void {
    switch (message.type) {
      case 'ready':
        this.becomeReady(message);
        break;
      case 'load_failed':
        this.fail(new EngineError(message.code, message.message));
        break;
      case 'progress':
        this.workWatch.heard(performance.now());
        this.emit('progress');
        break;
      default:
        this.finish(message);
    }
  }

  private becomeReady({ loadMs, warmUpMs, warmUp, rssBytes }: Extract<EngineResponse, { type: 'ready' }>): void {
    const now = performance.now();
    const restart = this.down && { cause: this.down.cause, downMs: now - this.down.sinceMs };
    this.state = 'ready';
    this.down = undefined;
    this.processRssBytes = rssBytes;
    if (!this.isReloading) this.lastStartMs = now - this.spawnedAtMs;
    this.isReloading = false;
    this.loadWatch.expectAtLeast(this.lastStartMs ?? 0);
    this.workWatch = new HangWatch();
    this.workWatch.expectAtLeast(Math.max(warmUpMs, warmUp.encodeMs + warmUp.decodeMs));
    this.largestRss = Math.max(this.largestRss, rssBytes);
    const threads = this.givenThreads;
    // It was resized while it loaded.
    this.reloadIfResized();
    this.emit('ready', { pid: this.child!.pid!, threads, loadMs, warmUpMs, rssBytes, ...restart }, warmUp);
  }

  private finish(outcome: EngineOutcome & { readonly rssBytes: number }): void {
    const work = this.current;
    if (work?.id !== outcome.id) return;
    this.workWatch.heard(performance.now());
    this.current = undefined;
    this.idleLosses = 0;
    this.workDone++;
    const { rssBytes } = outcome;
    this.processRssBytes = rssBytes;
    this.largestRss = Math.max(this.largestRss, rssBytes);
    if (this.isRetiring) {
      this.endForNow();
    } else if (rssBytes > (this.options.maxRssBytes ?? Infinity) && this.workDone >= MIN_WORK_OF_A_PROCESS) {
      this.state = 'starting';
      this.end('memory');
      this.emit('recycled', { pid: this.child!.pid!, rssBytes });
    } else {
      this.reloadIfResized();
    }
    this.emit('done', work, outcome);
  }

  private end(cause: Exclude<RestartCause, 'crash'>): void {
    if (this.child === undefined || this.ending !== undefined) return;
    this.ending = cause;
    this.down ??= { sinceMs: performance.now(), cause };
    // Also ends a process that was stopped (SIGSTOP).
    this.child.kill('SIGKILL');
  }

  private lose(signalOrError: string): void {
    this.child = undefined;
    this.processRssBytes = 0;
    if (this.state === 'ended') return;
    const { ending: endedFor, current: work } = this;
    this.ending = undefined;
    this.current = undefined;
    this.isReloading = false;
    if (this.isRetiring) {
      this.endForNow();
      // What it worked at is not done.
      const cause = endedFor === 'hang' ? 'hang' : 'crash';
      if (work !== undefined) this.emit('lost', { reason: signalOrError, cause, restartInMs: 0 }, work);
      return;
    }
    this.state = 'starting';
    if (endedFor === 'memory') {
      this.restartInMs = 0;
      this.spawn();
      return;
    }
    const cause = endedFor ?? 'crash';
    const sinceMs = this.down?.sinceMs ?? performance.now();
    this.down = { sinceMs, cause: this.down?.cause === 'hang' ? 'hang' : cause };
    const reason = cause === 'hang' ? 'no sign of life' : signalOrError;
    if (work === undefined) this.idleLosses++;
    if (this.idleLosses >= MAX_IDLE_LOSSES) {
      this.fail(
        new EngineError('engine_lost', `the engine process was lost ${this.idleLosses} times in a row (${reason})`),
      );
      return;
    }
    this.restartInMs = work !== undefined || this.idleLosses <= 1 ? 0 : RESTART_PAUSE_MS * 2 ** (this.idleLosses - 2);
    this.restartTimer = setTimeout(() => {
      this.spawn();
    }, this.restartInMs);
    this.emit('lost', { reason, cause, restartInMs: this.restartInMs }, work);
  }

  private fail(error: EngineError): void {
    this.state = 'ended';
    this.child?.kill('SIGKILL');
    this.emit('failed', error);
  }
}

function lowerPriority(pid: number): void {
  try {
    os.setPriority(pid, ENGINE_NICENESS);
  } catch {
    // Not every sandbox allows it; everything works without, with slower probes under full load.
  }
}
