import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import type { DecodingOptions } from '../whisper/decoding-options';
import type { DecodingResult } from '../whisper/decoding-result';
import type { Neighbours } from '../whisper/model';
import { WhisperError } from '../whisper/whisper-error';
import { engineEnvironment } from './engine-environment';
import { EngineError } from './engine-error';
import type { EngineProcessOptions, EngineRequest, EngineResponse } from './engine-protocol';

export interface EngineOptions extends EngineProcessOptions {
  /** Windows that may wait; more are refused with `overloaded`. */
  readonly maxQueue: number;
}

/** Facts of one start of the engine process. */
export interface EngineStart {
  readonly pid: number;
  readonly loadMs: number;
  readonly warmUpMs: number;
}

interface EngineEvents {
  /** Model loaded and warm; again after each restart. */
  ready: [EngineStart];
  /** The process ended unasked: what it was working on is tried once more. */
  lost: [{ readonly reason: string; readonly restartInMs: number }];
  /** The engine has given up; nothing will be decoded any more. */
  failed: [EngineError];
}

type EngineState = 'new' | 'loading' | 'ready' | 'failed' | 'stopped';

/** What the engine process is asked to do, and what it answers when it has done it. */
type Work = Extract<EngineRequest, { readonly id: number }>;
type Done = Extract<EngineResponse, { readonly type: 'decoded' | 'text_encoded' | 'speech_detected' | 'measured' }>;

interface Job {
  readonly work: Work;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (done: Done) => void;
  readonly reject: (error: unknown) => void;
  attempts: number;
  aborted: boolean;
}

/** A window whose process was lost is tried once more: a second loss is the window's own doing. */
const MAX_ATTEMPTS = 2;
/** Losses in a row, without a window decoded in between, after which the engine gives up. */
const MAX_LOSSES = 5;
/** Pause before the second restart in a row; it doubles with each further one. */
const RESTART_PAUSE_MS = 250;
/** Time in which a running window must react to an abort (an encode cannot be interrupted) before its process is killed. */
const ABORT_GRACE_MS = 10_000;
/** Inference yields to the server's process, so that probes are answered while all CPUs decode. */
const ENGINE_NICENESS = 5;

/**
 * Supervises the engine process: one piece of work at a time, in the order of arrival, each answered even when the process is
 * killed in the middle of it.
 */
export class Engine extends EventEmitter<EngineEvents> {
  private readonly waiting: Job[] = [];
  private current: Job | undefined;
  private child: ChildProcess | undefined;
  private state: EngineState = 'new';
  private losses = 0;
  private nextId = 0;
  private restartTimer: NodeJS.Timeout | undefined;
  private killTimer: NodeJS.Timeout | undefined;
  private settleStart: { resolve(start: EngineStart): void; reject(error: EngineError): void } | undefined;

  constructor(private readonly options: EngineOptions) {
    super();
  }

  get isReady(): boolean {
    return this.state === 'ready';
  }

  /** The engine process, while there is one. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /**
   * Resolves when the engine is warm.
   *
   * @throws EngineError when its model cannot be loaded, or it is stopped before it was
   */
  start(): Promise<EngineStart> {
    return new Promise((resolve, reject) => {
      this.settleStart = { resolve, reject };
      this.spawn();
    });
  }

  /**
   * @param samples 16 kHz mono, at most 30 s
   * @throws EngineError `overloaded`, `engine_lost`, `engine_failed`, `engine_stopped`; the signal's reason when aborted
   */
  async decodeWindow(samples: Float32Array, options: DecodingOptions, signal?: AbortSignal): Promise<DecodingResult> {
    const done = await this.enqueue({ type: 'decode', id: this.nextId++, samples, options }, signal);
    return (done as Extract<Done, { readonly type: 'decoded' }>).result;
  }

  /**
   * Tokens of a text. The engine's process does it: the first one takes a while, and the server's must not.
   *
   * @throws as {@link decodeWindow}
   */
  async encodeText(text: string, signal?: AbortSignal): Promise<readonly number[]> {
    const done = await this.enqueue({ type: 'encode_text', id: this.nextId++, text }, signal);
    return (done as Extract<Done, { readonly type: 'text_encoded' }>).tokens;
  }

  /** Whether {@link detectSpeech} can be asked. */
  get detectsSpeech(): boolean {
    return this.options.speechDetectorFile !== undefined;
  }

  /**
   * How likely somebody speaks, for each 32 ms (speech-detector.ts). It takes 2 ms a second of audio and goes before all
   * windows that wait: the caller's own window, which depends on it, then stands where it would have stood without.
   *
   * @param samples 16 kHz mono; of long audio a piece at a time, so that windows come between
   * @throws as {@link decodeWindow}
   */
  async detectSpeech(samples: Float32Array, signal?: AbortSignal): Promise<Float32Array> {
    const done = await this.enqueue({ type: 'detect_speech', id: this.nextId++, samples }, signal);
    return (done as Extract<Done, { readonly type: 'speech_detected' }>).probabilities;
  }

  /**
   * The loudest power in the model's spectrogram (`Surroundings.loudest`).
   *
   * @param samples 16 kHz mono, at most 30 s
   * @throws as {@link decodeWindow}
   */
  async loudest(samples: Float32Array, neighbours: Neighbours, signal?: AbortSignal): Promise<number> {
    const done = await this.enqueue({ type: 'measure', id: this.nextId++, samples, neighbours }, signal);
    return (done as Extract<Done, { readonly type: 'measured' }>).loudest;
  }

  private enqueue(work: Work, signal: AbortSignal | undefined): Promise<Done> {
    if (this.state === 'failed' || this.state === 'stopped') {
      return Promise.reject(new EngineError('engine_stopped', `the engine has ${this.state}: nothing is decoded`));
    }
    if (this.waiting.length >= this.options.maxQueue) {
      return Promise.reject(
        new EngineError('overloaded', `${this.waiting.length} windows wait for the engine: try again later`),
      );
    }
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    const onAbort = (): void => {
      this.abort(work.id);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    return new Promise<Done>((resolve, reject) => {
      const job: Job = { work, signal, resolve, reject, attempts: 0, aborted: false };
      // Before the windows, behind the detections that came earlier.
      const firstWindow = this.waiting.findIndex((other) => other.work.type !== 'detect_speech');
      if (work.type === 'detect_speech' && firstWindow >= 0) this.waiting.splice(firstWindow, 0, job);
      else this.waiting.push(job);
      this.dispatch();
    }).finally(() => {
      signal?.removeEventListener('abort', onAbort);
    });
  }

  /** Ends the process; what still waits or runs is rejected with `engine_stopped`. */
  async stop(): Promise<void> {
    if (this.state === 'stopped') return;
    this.state = 'stopped';
    clearTimeout(this.restartTimer);
    clearTimeout(this.killTimer);
    const stopped = new EngineError('engine_stopped', 'the engine was stopped before this window was decoded');
    this.rejectAll(stopped);
    this.settleStart?.reject(stopped);
    const { child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  private spawn(): void {
    this.state = 'loading';
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
      this.receive(message);
    });
    child.on('error', ({ message }) => {
      // A process that could not be made (no memory, no process id left) never exits; one that was, does.
      if (child.pid === undefined && this.child === child) this.lose(message);
    });
    child.on('exit', (code, signal) => {
      if (this.child === child) this.lose(signal ?? `exit code ${code}`);
    });
    if (child.pid !== undefined) lowerPriority(child.pid);
    this.send({ type: 'load', options: this.options });
  }

  private send(request: EngineRequest): void {
    this.child?.send(request, () => {
      // A closed channel: 'exit' follows and deals with it.
    });
  }

  private receive(message: EngineResponse): void {
    if (message.type === 'ready') {
      this.state = 'ready';
      const start: EngineStart = { pid: this.child!.pid!, loadMs: message.loadMs, warmUpMs: message.warmUpMs };
      this.emit('ready', start);
      this.settleStart?.resolve(start);
      this.dispatch();
      return;
    }
    if (message.type === 'load_failed') {
      this.fail(new EngineError(message.code, message.message));
      return;
    }
    const job = this.current;
    if (job?.work.id !== message.id) return;
    clearTimeout(this.killTimer);
    this.current = undefined;
    this.losses = 0;
    if (message.type === 'failed') job.reject(rebuildError(message));
    else if (message.type === 'aborted') job.reject(job.signal?.reason);
    else job.resolve(message);
    this.dispatch();
  }

  private dispatch(): void {
    if (this.state !== 'ready' || this.current) return;
    const job = this.waiting.shift();
    if (!job) return;
    this.current = job;
    job.attempts++;
    this.send(job.work);
  }

  private abort(id: number): void {
    const at = this.waiting.findIndex(({ work }) => work.id === id);
    if (at >= 0) {
      const [job] = this.waiting.splice(at, 1);
      job!.reject(job!.signal?.reason);
    } else if (this.current?.work.id === id) {
      this.current.aborted = true;
      this.send({ type: 'abort', id });
      const { child } = this;
      this.killTimer = setTimeout(() => child?.kill('SIGKILL'), ABORT_GRACE_MS).unref();
    }
  }

  private lose(reason: string): void {
    this.child = undefined;
    clearTimeout(this.killTimer);
    if (this.state === 'stopped' || this.state === 'failed') return;
    this.state = 'loading';
    this.losses++;
    const job = this.current;
    this.current = undefined;
    if (job?.aborted) job.reject(job.signal?.reason);
    else if (job && job.attempts < MAX_ATTEMPTS) this.waiting.unshift(job);
    else job?.reject(new EngineError('engine_lost', `the engine process was lost twice on this window (${reason})`));
    if (this.losses >= MAX_LOSSES) {
      this.fail(
        new EngineError('engine_lost', `the engine process was lost ${this.losses} times in a row (${reason})`),
      );
      return;
    }
    const restartInMs = this.losses === 1 ? 0 : RESTART_PAUSE_MS * 2 ** (this.losses - 2);
    this.emit('lost', { reason, restartInMs });
    this.restartTimer = setTimeout(() => {
      this.spawn();
    }, restartInMs);
  }

  private fail(error: EngineError): void {
    this.state = 'failed';
    this.rejectAll(error);
    this.child?.kill('SIGKILL');
    this.emit('failed', error);
    this.settleStart?.reject(error);
  }

  private rejectAll(error: EngineError): void {
    const jobs = [...(this.current ? [this.current] : []), ...this.waiting.splice(0)];
    this.current = undefined;
    for (const job of jobs) job.reject(error);
  }
}

/** Errors lose their class on the way between processes. */
function rebuildError({ code, message }: Extract<EngineResponse, { type: 'failed' }>): Error {
  return code ? new WhisperError(code, message) : new EngineError('engine_failed', message);
}

function lowerPriority(pid: number): void {
  try {
    os.setPriority(pid, ENGINE_NICENESS);
  } catch {
    // Not every sandbox allows it; everything works without, with slower probes under full load.
  }
}
