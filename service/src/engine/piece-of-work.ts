import type { EngineOutcome, EngineRequest } from './engine-protocol';
import type { QueuedWork } from './scheduling/fair-queue';
import type { Ticket } from './scheduling/ticket';
import type { WindowWork } from './scheduling/work-costs';

/** What the engine process is asked to do. */
export type WorkRequest = Extract<
  EngineRequest,
  { readonly type: 'decode' | 'encode_text' | 'detect_speech' | 'measure' }
>;
/** What it answers when it has done it. */
export type WorkDone = Exclude<EngineOutcome, { readonly type: 'failed' | 'aborted' }>;

/** Work without a ticket shares one key; nobody else's begins with this. */
const NO_KEY = '\0';

/** One request to the engine process, from its queueing to its outcome. */
export class PieceOfWork implements QueuedWork {
  /** Processes lost while they worked at it. */
  losses = 0;
  /** Nobody waits for it any more, though it may still run. */
  isSettled = false;
  /** On the clock of `performance.now()`; later when it waits once more. */
  queuedAtMs = performance.now();
  begunAtMs = 0;
  private settle: { resolve(done: WorkDone): void; reject(reason: unknown): void } | undefined;
  readonly outcome = new Promise<WorkDone>((resolve, reject) => {
    this.settle = { resolve, reject };
  });

  constructor(
    readonly request: WorkRequest,
    /** What it is, where it is a window. */
    readonly window: WindowWork | undefined,
    readonly ticket: Ticket | undefined,
  ) {}

  get id(): number {
    return this.request.id;
  }

  get kind(): 'window' | 'helper' {
    return this.window === undefined ? 'helper' : 'window';
  }

  get key(): string {
    return this.ticket?.key ?? NO_KEY;
  }

  get deadlineMs(): number {
    return this.ticket?.deadlineMs ?? Infinity;
  }

  /** Without a ticket nothing tells long requests from short ones: they go in the order of arrival. */
  get remainingMs(): number {
    return this.ticket?.remainingMs ?? 0;
  }

  get leastMs(): number {
    return this.ticket?.leastMs ?? 0;
  }

  /** Its turn has come. */
  begin(nowMs: number): void {
    this.begunAtMs = nowMs;
    this.ticket?.waited(nowMs - this.queuedAtMs);
  }

  /** It is to be tried once more. */
  waitAgain(nowMs: number): void {
    this.queuedAtMs = nowMs;
  }

  resolve(done: WorkDone): void {
    this.isSettled = true;
    this.settle!.resolve(done);
  }

  reject(reason: unknown): void {
    this.isSettled = true;
    this.settle!.reject(reason);
  }
}
