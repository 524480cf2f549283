import type { EngineSlot } from './engine-slot';
import { Crowding } from './scheduling/crowding';

/** How the engine's threads are laid out. */
export interface Layout {
  readonly processes: number;
  /** Inference threads of each process, in its order. */
  readonly threads: readonly number[];
}

/**
 * Two processes from this share of crowded time on: about where requests would wait longer for one fast process than
 * they take longer in two slow ones (docs/performance.md). Under lasting load that is after 1.7 s.
 */
const SPLIT_ABOVE = 0.5;
/**
 * Two processes at once where what is known to be ahead takes as many times as long as a process takes to start, and is more
 * than one piece. Two get about a sixth more done; their start takes half of the CPUs for once, and the first process loads
 * anew: that is paid for at about five times.
 */
const SPLIT_FOR_STARTS = 10;
/** One process again below this share: ten seconds after the load has ended. */
const JOIN_BELOW = 0.02;
/** Until a second process is tried again that could not be had. */
const RETRY_MS = 60_000;

type State =
  /** One process has all threads. */
  | 'joined'
  /** The second one loads; the first goes on with all threads. */
  | 'splitting'
  /** Each has its part; the first may still be about to give up the rest. */
  | 'split'
  /** The first loads with all threads; the second goes on with its part. */
  | 'joining';

/** What of a slot decides, and what it is told. */
type LaidOutSlot = Pick<
  EngineSlot,
  'isReady' | 'isAway' | 'startMs' | 'largestRssBytes' | 'threads' | 'loadedThreads' | 'resize' | 'start' | 'retire'
>;

/**
 * One process with all threads answers a lone request soonest; two with half of the threads each get more done, since
 * threads that share a window wait for each other. So a second process runs as long as there is more than one piece of
 * work at a time. While the layout changes one of the two always works.
 */
export class EngineLayout<Slot extends LaidOutSlot = EngineSlot> {
  private state: State = 'joined';
  private readonly crowding = new Crowding();
  private notBeforeMs = 0;

  /**
   * @param first has been started with all threads, or will be
   * @param second has not been started
   * @param knownMs predicted cost of the work that is known of, in milliseconds
   * @param hasRoom whether that much memory, in bytes, can be had
   * @param onChange called when the number of processes has changed
   */
  constructor(
    private readonly first: Slot,
    private readonly second: Slot,
    private readonly threads: number,
    private readonly knownMs: () => number,
    private readonly hasRoom: (bytes: number) => boolean,
    private readonly onChange: (layout: Layout) => void,
  ) {}

  /** Those that count. */
  get slots(): readonly Slot[] {
    return this.isTogether ? [this.first] : [this.first, this.second];
  }

  /** Whether {@link look} has anything to look at also while there is no work. */
  get isWatched(): boolean {
    return this.state !== 'joined';
  }

  /** To be called when work comes or goes. @param pieces that run or wait */
  note(pieces: number, nowMs: number): void {
    this.crowding.note(pieces, nowMs);
  }

  /**
   * To be called behind {@link note}, several times a second while there is work or {@link isWatched}, and when a process is
   * ready.
   */
  look(nowMs: number): void {
    const share = this.crowding.share(nowMs);
    switch (this.state) {
      case 'joined':
        if (nowMs >= this.notBeforeMs && this.first.isReady && this.second.isAway && this.isWorthTwo(share)) {
          this.split(nowMs);
        }
        break;
      case 'splitting':
        if (!this.second.isReady) break;
        this.state = 'split';
        this.first.resize(Math.ceil(this.threads / 2));
        this.tell();
        break;
      case 'split':
        if (share >= JOIN_BELOW) break;
        this.state = 'joining';
        this.first.resize(this.threads);
        break;
      case 'joining':
        if (this.first.isReady && this.first.loadedThreads === this.threads) this.join();
        break;
    }
  }

  /** The process of a slot was lost while it worked at nothing, or cannot be had. */
  lost(slot: Slot, nowMs: number): void {
    if (slot !== this.second || this.state === 'joined') return;
    this.notBeforeMs = nowMs + RETRY_MS;
    this.first.resize(this.threads);
    this.join();
  }

  private get isTogether(): boolean {
    return this.state === 'joined' || this.state === 'splitting';
  }

  private isWorthTwo(share: number): boolean {
    if (share > SPLIT_ABOVE) return true;
    return this.crowding.isCrowded && this.knownMs() > SPLIT_FOR_STARTS * (this.first.startMs ?? Infinity);
  }

  private split(nowMs: number): void {
    if (!this.hasRoom(this.first.largestRssBytes)) {
      this.notBeforeMs = nowMs + RETRY_MS;
      return;
    }
    this.state = 'splitting';
    this.second.resize(Math.floor(this.threads / 2));
    this.second.start(this.first.startMs);
  }

  private join(): void {
    const wasTogether = this.isTogether;
    this.state = 'joined';
    this.second.retire();
    if (!wasTogether) this.tell();
  }

  private tell(): void {
    const threads = this.slots.map((slot) => slot.threads);
    this.onChange({ processes: threads.length, threads });
  }
}
