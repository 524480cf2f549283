import { EventEmitter } from 'node:events';
import type { DecodingOptions } from '../whisper/decoding-options';
import type { DecodingResult } from '../whisper/decoding-result';
import type { Neighbours } from '../whisper/model';
import { WhisperError } from '../whisper/whisper-error';
import { EngineError } from './engine-error';
import type { EngineOutcome, EngineProcessOptions, WindowTiming } from './engine-protocol';
import { EngineLayout, type Layout } from './engine-layout';
import { EngineSlot, type EngineLoss, type EngineRecycling, type EngineStart } from './engine-slot';
import { PieceOfWork, type WorkDone, type WorkRequest } from './piece-of-work';
import { Admission, type AdmissionLimits, type Capacity } from './scheduling/admission';
import { FairQueue } from './scheduling/fair-queue';
import { FairShares } from './scheduling/fair-shares';
import type { Ticket } from './scheduling/ticket';
import { windowWork, WorkCosts, type WindowWork } from './scheduling/work-costs';
import { SilenceMeter } from './silence-meter';

export type { RequestHead } from './scheduling/admission';
export type { RequestTiming, ShortContextCounts, Ticket } from './scheduling/ticket';
export type { Layout } from './engine-layout';
export type { EngineLoss, EngineRecycling, EngineStart } from './engine-slot';

export interface EngineOptions extends EngineProcessOptions, AdmissionLimits {
  /**
   * Engine processes; each holds the model, has `threads` threads and works at one window at a time.
   *
   * @default 1
   */
  readonly processes?: number;
  /**
   * Tells whether that much more memory, in bytes, can be had. Where it is given, the one process shares its `threads`
   * with a second one for as long as requests would wait for each other (engine-layout.ts). With one thread there is
   * nothing to share.
   *
   * @default - the processes stay as they are
   */
  readonly splitsWithRoom?: (bytes: number) => boolean;
}

interface EngineEvents {
  /** A process is loaded and warm; again after each restart. */
  ready: [EngineStart];
  /** A window was worked at, to its end or until its caller had gone; that may be after the request's own end. */
  worked: [WindowTiming];
  /** A process ended unasked or hung: what it was working on is tried once more. */
  lost: [EngineLoss];
  /** A process is replaced, since its memory has grown above `maxRssBytes`; nothing is lost. */
  recycled: [EngineRecycling];
  /** Under load the threads were divided between two processes, or given back to one. */
  layout: [Layout];
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
  private readonly costs: WorkCosts;
  private readonly shares = new FairShares();
  private readonly queue = new FairQueue<PieceOfWork>(
    (key) => this.shares.attainedMs(key),
    () => this.costs.meanWindowMs,
  );
  /** All that there may be; the layout says which count. */
  private readonly slots: readonly EngineSlot[];
  private readonly layout: EngineLayout | undefined;
  private readonly running = new Map<PieceOfWork, EngineSlot>();
  /** Since when each could take its next piece of work, or what it works at. */
  private readonly freeSinceMs = new Map<EngineSlot, number>();
  private nextId = 0;
  private isDispatchDue = false;
  private held = false;
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
    const { processes = 1, splitsWithRoom } = options;
    this.costs = new WorkCosts(processes, options.shortContext);
    const splits = processes === 1 && options.threads > 1 && splitsWithRoom !== undefined;
    this.slots = Array.from({ length: splits ? 2 : processes }, () => this.newSlot());
    const [first, second] = this.slots;
    if (splits) {
      const knownMs = (): number => this.admission.knownMs;
      this.layout = new EngineLayout(first!, second!, options.threads, knownMs, splitsWithRoom, (layout) => {
        this.costs.shareBetween(layout.processes);
        this.emit('layout', layout);
      });
    }
    this.admission = new Admission(options, this.costs, this.shares, () => this.capacity());
  }

  /** Whether nothing is worked at yet ({@link hold}). */
  get isHeld(): boolean {
    return this.held;
  }

  /** Loads from now on, but works at nothing until {@link release}: whoever calls it still looks at the model's files. */
  hold(): void {
    this.held = true;
  }

  release(): void {
    this.held = false;
    this.dispatch();
  }

  /** Whether a process is warm, or is just being replaced as planned. */
  get isReady(): boolean {
    return this.ended === undefined && !this.held && this.slots.some(({ isServing }) => isServing);
  }

  /**
   * Whether restarts do not help: for four times as long as makes a hang, there was work and a process to do it, and no
   * work got on. False again as soon as some does.
   */
  get isHung(): boolean {
    return this.silentHangs > HANGS_UNTIL_HUNG;
  }

  /** Most windows that are ever worked at at once. */
  get maxProcesses(): number {
    return this.slots.length;
  }

  /** Of the first engine process, while there is one. */
  get pid(): number | undefined {
    return this.slots[0]?.pid;
  }

  /** What its processes held after their last pieces of work, in bytes. */
  get rssBytes(): number {
    return this.slots.reduce((sum, slot) => sum + slot.rssBytes, 0);
  }

  /**
   * Resolves when all processes are warm that there are without load.
   *
   * @returns the start of the first
   * @throws EngineError when the model cannot be loaded, or the engine is stopped before it was
   */
  async start(): Promise<EngineStart> {
    const ended = new Promise<never>((_, reject) => {
      this.rejectStart = reject;
    });
    const starts = this.activeSlots.map((slot) => new Promise<EngineStart>((resolve) => slot.once('ready', resolve)));
    for (const slot of this.activeSlots) slot.start();
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
   * How likely somebody speaks, for each 32 ms (speech-detector.ts). It takes 0.6 ms a second of audio and goes before all
   * windows that wait: the caller's own window, which depends on it, then stands where it would have stood without.
   *
   * @param samples 16 kHz mono; of long audio in pieces, so that windows come between
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

  private get activeSlots(): readonly EngineSlot[] {
    return this.layout?.slots ?? this.slots;
  }

  private newSlot(): EngineSlot {
    // The rest is nothing for the process: a function could not be sent to it.
    const { processes, splitsWithRoom, maxQueue, maxRequestsPerKey, ...processOptions } = this.options;
    const slot = new EngineSlot(processOptions);
    slot.on('ready', (start, warmUp) => {
      this.costs.learnWarmUp(warmUp);
      this.freeSinceMs.set(slot, performance.now());
      this.emit('ready', start);
      if (this.ended === undefined) this.layout?.look(performance.now());
      this.dispatch();
    });
    slot.on('progress', () => {
      this.getsOn();
    });
    slot.on('done', (work, outcome) => {
      this.getsOn();
      this.finish(work, outcome, slot);
      this.dispatchSoon();
    });
    slot.on('lost', (loss, work) => {
      if (work !== undefined) this.lose(work, loss);
      this.emit('lost', loss);
      // Also when it was lost at work: what it lacked, such as memory, it would lack again, and the work must not be blamed.
      this.layout?.lost(slot, performance.now());
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
      if (this.layout !== undefined && slot !== this.slots[0]) {
        // There is one that goes on without it.
        this.layout.lost(slot, performance.now());
        return;
      }
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
    if (this.ended !== undefined || this.held) return;
    const now = performance.now();
    this.rejectLate(now);
    for (const slot of this.slots) {
      if (!slot.isFree) continue;
      const work = this.queue.take(now);
      if (work === undefined) break;
      work.begin(now);
      this.running.set(work, slot);
      slot.run(work);
    }
    this.layout?.note(this.pieces, now);
    this.layout?.look(now);
  }

  /** Those that run and those that wait. */
  private get pieces(): number {
    return this.queue.length + this.running.size;
  }

  private rejectLate(now: number): void {
    for (const work of this.queue.removeExpired(now)) {
      work.reject(new EngineError('deadline_exceeded', 'the deadline of this request has passed before its turn came'));
    }
    for (const work of this.queue.removeHopeless(now)) {
      work.reject(
        new EngineError(
          'deadline_exceeded',
          'the engine has become slower than it was when this request came, which cannot be answered in time any more',
        ),
      );
    }
  }

  private abort(work: PieceOfWork, reason: unknown): void {
    if (!this.queue.remove(work)) this.running.get(work)?.abort(work);
    work.reject(reason);
  }

  private finish(work: PieceOfWork, outcome: EngineOutcome, slot: EngineSlot): void {
    this.putDown(work);
    const now = performance.now();
    const shortContext = outcome.type === 'decoded' ? outcome.result.shortContext : undefined;
    if (outcome.type === 'decoded') {
      const couldBeginAtMs = Math.max(work.queuedAtMs, this.freeSinceMs.get(slot)!);
      this.costs.learnWindow(work.window!, outcome.timing, now - couldBeginAtMs, shortContext !== undefined);
    }
    this.freeSinceMs.set(slot, now);
    if ('timing' in outcome && outcome.timing !== undefined) {
      work.ticket?.worked(outcome.timing, work.begunAtMs, shortContext);
      this.emit('worked', outcome.timing);
    }
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
    const slots = this.activeSlots;
    return {
      slots: slots.length,
      busySlots: slots.filter(({ isBusy }) => isBusy).length,
      waiting: this.queue.length,
      oldestWaitMs: now - oldestAtMs,
      readyInMs: Math.min(...slots.map((slot) => slot.readyInMs(now))),
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
    const hasWork = this.pieces > 0;
    if (!hasWork && this.layout?.isWatched !== true && !this.slots.some(({ isWatched }) => isWatched)) {
      clearInterval(this.lookTimer);
      this.lookTimer = undefined;
      return;
    }
    this.rejectLate(now);
    for (const slot of this.slots) slot.look(now);
    this.layout?.note(this.pieces, now);
    this.layout?.look(now);
    if (!hasWork) this.listenFrom(now);
    // While all of them load nothing can get on; a load that takes too long is a loss by itself.
    else if (this.slots.some(({ isReady }) => isReady)) this.noteSilence(now);
  }

  private noteSilence(now: number): void {
    const silentMs = this.meter.look(now);
    // What makes a hang differs from process to process.
    const limitMs = Math.max(...this.activeSlots.map(({ hangLimitMs }) => hangLimitMs));
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
