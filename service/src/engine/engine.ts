import { EventEmitter } from 'node:events';
import type { DecodingOptions } from '../whisper/decoding-options';
import type { DecodingResult } from '../whisper/decoding-result';
import type { Neighbours } from '../whisper/model';
import { WhisperError } from '../whisper/whisper-error';
import { EngineError } from './engine-error';
import type { EngineOutcome, EngineProcessOptions } from './engine-protocol';
import { EngineSlot, type EngineLoss, type EngineRecycling, type EngineStart } from './engine-slot';
import { PieceOfWork, type WorkDone, type WorkRequest } from './piece-of-work';
import { Admission, type AdmissionLimits, type Capacity } from './scheduling/admission';
import { FairQueue } from './scheduling/fair-queue';
import { FairShares } from './scheduling/fair-shares';
import type { Ticket } from './scheduling/ticket';
import { windowWork, WorkCosts, type WindowWork } from './scheduling/work-costs';
import { SilenceMeter } from './silence-meter';

export type { RequestHead } from './scheduling/admission';
export type { RequestTiming, Ticket } from './scheduling/ticket';
export type { EngineLoss, EngineRecycling, EngineStart } from './engine-slot';

export interface EngineOptions extends EngineProcessOptions, AdmissionLimits {
  /**
   * Engine processes; each holds the model and works at one window at a time.
   *
   * @default 1
   */
  readonly processes?: number;
}

interface EngineEvents {
  /** A process is loaded and warm; again after each restart. */
  ready: [EngineStart];
  /** A process ended unasked or hung: what it was working on is tried once more. */
  lost: [EngineLoss];
  /** A process is replaced, since its memory has grown above `maxRssBytes`; nothing is lost. */
  recycled: [EngineRecycling];
  /** The engine has given up; nothing will be decoded any more. */
  failed: [EngineError];
}

/** What a caller may say about a piece of work. */
interface Caller {
  readonly signal: AbortSignal | undefined;
  /** The request that it belongs to; without one it is queued behind what else has none, and no deadline is known. */
  readonly ticket: Ticket | undefined;
}

/** Work whose process was lost is tried once more: a second loss is the work's own doing. */
const MAX_LOSSES_OF_WORK = 2;
/** Between two looks at what is running. */
const LOOK_INTERVAL_MS = 250;
/** Silences in which a process counts as hung, after which restarts do not help. */
const HANGS_UNTIL_HUNG = 4;

/**
 * Runs the engine's processes: gives each its next piece of work when it is free, in a fair order, and answers each piece
 * also when the process is killed in the middle of it.
 */
export class Engine extends EventEmitter<EngineEvents> {
  readonly admission: Admission;
  private readonly costs = new WorkCosts();
  private readonly shares = new FairShares();
  private readonly queue = new FairQueue<PieceOfWork>((key) => this.shares.attainedMs(key));
  private readonly slots: readonly EngineSlot[];
  private readonly running = new Map<PieceOfWork, EngineSlot>();
  private nextId = 0;
  private isDispatchDue = false;
  private rejectStart: ((error: EngineError) => void) | undefined;
  private lookTimer: NodeJS.Timeout | undefined;
  /** Silence of all processes together, while there is work and one of them could do it. */
  private readonly meter = new SilenceMeter();
  private silentMs = 0;
  /** The same, in silences that make a hang. */
  private silentHangs = 0;
  private ended: EngineError | undefined;

  constructor(private readonly options: EngineOptions) {
    super();
    this.slots = Array.from({ length: options.processes ?? 1 }, () => this.newSlot());
    this.admission = new Admission(options, this.costs, this.shares, () => this.capacity());
  }

  /** Whether a process is warm, or is just being replaced as planned. */
  get isReady(): boolean {
    return this.ended === undefined && this.slots.some(({ isServing }) => isServing);
  }

  /**
   * Whether restarts do not help: for four times as long as makes a hang, there was work and a process to do it, and no
   * work got on. False again as soon as some does.
   */
  get isHung(): boolean {
    return this.silentHangs > HANGS_UNTIL_HUNG;
  }

  /** Of the first engine process, while there is one. */
  get pid(): number | undefined {
    return this.slots[0]?.pid;
  }

  /**
   * Resolves when all processes are warm.
   *
   * @returns the start of the first
   * @throws EngineError when the model cannot be loaded, or the engine is stopped before it was
   */
  async start(): Promise<EngineStart> {
    const ended = new Promise<never>((_, reject) => {
      this.rejectStart = reject;
    });
    const starts = this.slots.map((slot) => new Promise<EngineStart>((resolve) => slot.once('ready', resolve)));
    for (const slot of this.slots) slot.start();
    this.lookWhileNeeded();
    const [first] = await Promise.race([Promise.all(starts), ended]);
    return first!;
  }

  /**
   * @param samples 16 kHz mono, at most 30 s
   * @param ticket of the request that the window belongs to (`admission.enter`)
   * @throws EngineError `deadline_exceeded` when the ticket's deadline has passed before its turn came; `poison_request`
   * and `engine_hung` when the process crashed, or hung, twice on this window; `overloaded` when too much waits, without
   * a ticket; `engine_failed`, `engine_lost`, `engine_stopped`
   * @throws the signal's reason when aborted
   */
  async decodeWindow(
    samples: Float32Array,
    options: DecodingOptions,
    signal?: AbortSignal,
    ticket?: Ticket,
  ): Promise<DecodingResult> {
    const request = { type: 'decode', id: this.nextId++, samples, options } as const;
    const done = await this.enqueue(request, { signal, ticket }, windowWork(samples, options));
    return (done as Extract<WorkDone, { readonly type: 'decoded' }>).result;
  }

  /**
   * Tokens of a text. The engine's process does it: the first one takes a while, and the server's must not.
   *
   * @throws as {@link decodeWindow}
   */
  async encodeText(text: string, signal?: AbortSignal, ticket?: Ticket): Promise<readonly number[]> {
    const done = await this.enqueue({ type: 'encode_text', id: this.nextId++, text }, { signal, ticket });
    return (done as Extract<WorkDone, { readonly type: 'text_encoded' }>).tokens;
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
  async detectSpeech(samples: Float32Array, signal?: AbortSignal, ticket?: Ticket): Promise<Float32Array> {
    const done = await this.enqueue({ type: 'detect_speech', id: this.nextId++, samples }, { signal, ticket });
    return (done as Extract<WorkDone, { readonly type: 'speech_detected' }>).probabilities;
  }

  /**
   * The loudest power in the model's spectrogram (`Surroundings.loudest`).
   *
   * @param samples 16 kHz mono, at most 30 s
   * @throws as {@link decodeWindow}
   */
  async loudest(samples: Float32Array, neighbours: Neighbours, signal?: AbortSignal, ticket?: Ticket): Promise<number> {
    const done = await this.enqueue({ type: 'measure', id: this.nextId++, samples, neighbours }, { signal, ticket });
    return (done as Extract<WorkDone, { readonly type: 'measured' }>).loudest;
  }

  /** Ends the processes; what still waits or runs is rejected with `engine_stopped`. */
  async stop(): Promise<void> {
    this.end(new EngineError('engine_stopped', 'the engine was stopped before this was done'));
    await Promise.all(this.slots.map((slot) => slot.stop()));
  }

  private newSlot(): EngineSlot {
    const slot = new EngineSlot(this.options);
    slot.on('ready', (start, warmUp) => {
      this.costs.learnWarmUp(warmUp);
      this.emit('ready', start);
      this.dispatch();
    });
    slot.on('progress', () => {
      this.getsOn();
    });
    slot.on('done', (work, outcome) => {
      this.getsOn();
      this.finish(work, outcome);
      this.dispatchSoon();
    });
    slot.on('lost', (loss, work) => {
      if (work !== undefined) this.lose(work, loss);
      this.emit('lost', loss);
      this.lookWhileNeeded();
      // Another process may be free for it.
      this.dispatchSoon();
    });
    slot.on('recycled', (recycling) => {
      this.emit('recycled', recycling);
      this.lookWhileNeeded();
    });
    slot.on('failed', (error) => {
      if (this.ended !== undefined) return;
      this.end(error);
      for (const other of this.slots) void other.stop();
      this.emit('failed', error);
    });
    return slot;
  }

  private async enqueue(request: WorkRequest, { signal, ticket }: Caller, window?: WindowWork): Promise<WorkDone> {
    if (this.ended !== undefined) throw ended(this.ended);
    // What a free process is about to take does not wait.
    const waiting = this.queue.length - this.slots.filter(({ isFree }) => isFree).length;
    if (ticket === undefined && waiting >= this.options.maxQueue) {
      throw new EngineError('overloaded', `${waiting} pieces of work wait for the engine: try again later`);
    }
    signal?.throwIfAborted();
    const work = new PieceOfWork(request, window, ticket);
    if (ticket === undefined) this.shares.enter(work.key);
    if (window !== undefined) ticket?.windowQueued(window, work.queuedAtMs);
    const onAbort = (): void => {
      this.abort(work, signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    this.queue.push(work);
    this.lookWhileNeeded();
    if (!this.isDispatchDue) this.dispatch();
    try {
      return await work.outcome;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      if (window !== undefined) ticket?.windowEnded(window);
      if (ticket === undefined) this.shares.leave(work.key);
    }
  }

  /** After all that the last outcome brings about: its request's next window is to be there when the next one is chosen. */
  private dispatchSoon(): void {
    if (this.isDispatchDue) return;
    this.isDispatchDue = true;
    setImmediate(() => {
      this.isDispatchDue = false;
      this.dispatch();
    });
  }

  private dispatch(): void {
    if (this.ended !== undefined) return;
    const now = performance.now();
    this.rejectExpired(now);
    for (const slot of this.slots) {
      if (!slot.isFree) continue;
      const work = this.queue.take(now);
      if (work === undefined) return;
      work.begin(now);
      this.running.set(work, slot);
      slot.run(work);
    }
  }

  private rejectExpired(now: number): void {
    for (const work of this.queue.removeExpired(now)) {
      work.reject(new EngineError('deadline_exceeded', 'the deadline of this request has passed before its turn came'));
    }
  }

  private abort(work: PieceOfWork, reason: unknown): void {
    if (!this.queue.remove(work)) this.running.get(work)?.abort(work);
    work.reject(reason);
  }

  private finish(work: PieceOfWork, outcome: EngineOutcome): void {
    this.putDown(work);
    if (outcome.type === 'decoded') this.costs.learnWindow(work.window!, outcome.timing);
    if ('timing' in outcome && outcome.timing !== undefined) work.ticket?.worked(outcome.timing, work.begunAtMs);
    // Who aborted it has been told.
    if (outcome.type === 'aborted') return;
    if (outcome.type === 'failed') work.reject(rebuildError(outcome));
    else work.resolve(outcome);
  }

  private lose(work: PieceOfWork, { cause, reason }: EngineLoss): void {
    this.putDown(work);
    if (work.isSettled) return;
    work.losses++;
    if (work.losses < MAX_LOSSES_OF_WORK) {
      work.waitAgain(performance.now());
      this.queue.pushInterrupted(work);
      return;
    }
    work.reject(
      cause === 'hang'
        ? new EngineError('engine_hung', 'the engine process hung on this audio, and again when it was tried once more')
        : new EngineError('poison_request', `the engine process crashed twice on this audio (${reason})`),
    );
  }

  private putDown(work: PieceOfWork): void {
    this.running.delete(work);
    this.shares.charge(work.key, performance.now() - work.begunAtMs);
  }

  private capacity(): Capacity {
    const now = performance.now();
    const oldestAtMs = Math.min(now, ...[...this.queue].map(({ queuedAtMs }) => queuedAtMs));
    return {
      slots: this.slots.length,
      busySlots: this.slots.filter(({ isBusy }) => isBusy).length,
      waiting: this.queue.length,
      oldestWaitMs: now - oldestAtMs,
      readyInMs: Math.min(...this.slots.map((slot) => slot.readyInMs(now))),
      ended: this.ended && ended(this.ended),
    };
  }

  private getsOn(): void {
    this.listenFrom(performance.now());
    this.silentHangs = 0;
  }

  private listenFrom(now: number): void {
    this.meter.heard(now);
    this.silentMs = 0;
  }

  /** Looks at what runs until there is nothing to look at. */
  private lookWhileNeeded(): void {
    if (this.lookTimer !== undefined || this.ended !== undefined) return;
    this.listenFrom(performance.now());
    this.lookTimer = setInterval(() => {
      this.look();
    }, LOOK_INTERVAL_MS).unref();
  }

  private look(): void {
    const now = performance.now();
    const hasWork = this.queue.length + this.running.size > 0;
    if (!hasWork && !this.slots.some(({ isWatched }) => isWatched)) {
      clearInterval(this.lookTimer);
      this.lookTimer = undefined;
      return;
    }
    this.rejectExpired(now);
    for (const slot of this.slots) slot.look(now);
    if (!hasWork) this.listenFrom(now);
    // While all of them load nothing can get on; a load that takes too long is a loss by itself.
    else if (this.slots.some(({ isReady }) => isReady)) this.noteSilence(now);
  }

  private noteSilence(now: number): void {
    const silentMs = this.meter.look(now);
    // What makes a hang differs from process to process.
    const limitMs = Math.max(...this.slots.map(({ hangLimitMs }) => hangLimitMs));
    this.silentHangs += (silentMs - this.silentMs) / limitMs;
    this.silentMs = silentMs;
  }

  private end(error: EngineError): void {
    if (this.ended !== undefined) return;
    this.ended = error;
    clearInterval(this.lookTimer);
    this.rejectStart?.(error);
    for (const work of [...this.queue, ...this.running.keys()]) {
      this.queue.remove(work);
      work.reject(error);
    }
    this.running.clear();
  }
}

function ended({ code }: EngineError): EngineError {
  const how = code === 'engine_stopped' ? 'was stopped' : `has given up (${code})`;
  return new EngineError('engine_stopped', `the engine ${how}: nothing is decoded any more`);
}

/** Errors lose their class on the way between processes. */
function rebuildError({ code, message }: Extract<EngineOutcome, { readonly type: 'failed' }>): Error {
  return code ? new WhisperError(code, message) : new EngineError('engine_failed', message);
}
