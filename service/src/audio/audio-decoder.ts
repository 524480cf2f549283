import { join } from 'node:path';
import { Tinypool } from 'tinypool';
import { AudioError } from './audio-error';
import type { DecodeOutcome, DecodeTask } from './audio-worker';
import type { DecodeOptions } from './decode-audio';
import type { DecodedAudio } from './decoded-audio';

export type { DecodedAudio } from './decoded-audio';

export interface AudioDecoderOptions {
  /** Longest audio that is decoded, in seconds. */
  readonly maxDurationS: number;
  /** Longest time that one decoding may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Called when there was nothing to decode for a while, and the warm thread is a fresh one. */
  readonly onRenewed?: () => void;
}

/** What the caller knows and wants of one file. */
export type FileOptions = Omit<DecodeOptions, 'maxDurationS'>;

/** One slow file does not hold up the others. */
const THREADS = 2;

/**
 * A thread's JavaScript heap, in MiB. Samples lie outside of it, in buffers bounded by `maxDurationS`, as does the codecs'
 * memory, bounded by their module (codecs/rust/build.sh).
 */
const MAX_HEAP_MIB = 64;

/** Time without work after which threads beyond the first one end. */
const SURPLUS_THREAD_IDLE_MS = 10_000;

/**
 * Time that a file may take which nobody waits for any more, before its thread is ended. Most take some milliseconds, and
 * an end has its price: a new thread, and where V8 compiles for the old one in the background just then, Node.js 20 crashes
 * (an assertion in NodePlatform::GetForegroundTaskRunner; once in tens of thousands of ends).
 */
const PATIENCE_MS = 1_000;

/**
 * Time without work after which the warm thread is replaced by a fresh one. A thread that does nothing collects no
 * garbage either: what the last files left in it (their bytes, the codecs' memory) would stay for good.
 */
const RENEWAL_IDLE_MS = 30_000;

/**
 * Decodes uploads to 16 kHz mono and finds the speech in them, in worker threads: the caller's event loop stays free,
 * and bytes that are made to hurt cost their own request and a thread, which is replaced.
 *
 * One thread is kept warm. It runs compiled code (audio-worker.js beside this file), so that this class works from the
 * build alone; from the sources use `decodeAudio`.
 */
export class AudioDecoder {
  private readonly pools: readonly Tinypool[];
  /** Longest audio that is decoded, in seconds. */
  readonly maxDurationS: number;
  /**
   * Files that are decoded at the same time, each in a thread of its own. More may be given, but wait on their own time
   * limit.
   */
  readonly threads = THREADS;
  private readonly timeoutMs: number;
  private readonly onRenewed: () => void;
  private renewal: NodeJS.Timeout | undefined;
  private readonly underWay = new Set<AbortController>();
  private readonly free: FreePools;
  private isClosed = false;

  constructor({ maxDurationS, timeoutMs, onRenewed = () => undefined }: AudioDecoderOptions) {
    this.maxDurationS = maxDurationS;
    this.timeoutMs = timeoutMs;
    this.onRenewed = onRenewed;
    this.pools = Array.from({ length: THREADS }, (_, place) => newPool(place === 0));
    this.free = new FreePools(this.pools);
  }

  /**
   * Decodes a file.
   *
   * @param bytes the file. Its ArrayBuffer is handed to the thread and is empty for the caller from here on, unless
   * `bytes` is a Buffer that is only a part of it: Node.js gives those out of one that others use
   * @param signal ends the decoding, and the thread that is at it, wherever it is
   * @param options by default the bytes tell their format, and all channels count
   * @throws AudioError for whatever is wrong with the bytes or the options, `audio_decode_timeout` included
   * @throws the signal's reason if it is aborted
   */
  async decode(bytes: Uint8Array, signal?: AbortSignal, options: FileOptions = {}): Promise<DecodedAudio> {
    signal?.throwIfAborted();
    if (this.isClosed) throw closedError();
    const stop = new AbortController();
    const abort = (): void => {
      stop.abort(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    clearTimeout(this.renewal);
    this.underWay.add(stop);
    try {
      return await this.run(bytes, stop, options);
    } finally {
      this.underWay.delete(stop);
      signal?.removeEventListener('abort', abort);
      this.renewWhenIdle();
    }
  }

  /** Ends all threads; what is under way or waits is rejected, as are later decodings. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const stop of this.underWay) stop.abort(closedError());
    clearTimeout(this.renewal);
    await Promise.all(this.pools.map((pool) => pool.destroy()));
  }

  private async run(bytes: Uint8Array, stop: AbortController, options: FileOptions): Promise<DecodedAudio> {
    const size = bytes.length; // of no bytes any more once they are handed over
    const timer = setTimeout(() => {
      stop.abort(
        new AudioError(
          'audio_decode_timeout',
          `Decoding the audio (${size} bytes) took longer than ${this.timeoutMs} ms and was ended. ` +
            'Send a shorter file, or one at a lower sample rate.',
        ),
      );
    }, this.timeoutMs);
    try {
      const pool = await this.free.take(stop.signal);
      if (stop.signal.aborted) {
        // In the moment in which it was given: nobody would hear of it any more.
        this.free.giveBack(pool);
        throw stop.signal.reason;
      }
      const outcome = await this.runIn(pool, bytes, stop.signal, options);
      if ('audio' in outcome) return outcome.audio;
      throw new AudioError(outcome.error.code, outcome.error.message);
    } catch (error) {
      if (stop.signal.aborted) throw stop.signal.reason;
      if (isOutOfMemory(error)) {
        throw new AudioError(
          'audio_corrupt',
          `Decoding the audio needed more than ${MAX_HEAP_MIB} MiB beside its samples, which no sound file does. ` +
            'Check how the file was written.',
        );
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @throws the signal's reason as soon as it is aborted; the pool is free again when its thread has done or has ended */
  private async runIn(
    pool: Tinypool,
    bytes: Uint8Array,
    signal: AbortSignal,
    options: FileOptions,
  ): Promise<DecodeOutcome> {
    const end = new AbortController();
    let ended: Promise<void> | undefined;
    let patience: NodeJS.Timeout | undefined;
    const owned = ownBuffer(bytes);
    const task: DecodeTask = { bytes: owned, options: { ...options, maxDurationS: this.maxDurationS } };
    const done = pool.run(task, { signal: end.signal, transferList: [owned.buffer] }) as Promise<DecodeOutcome>;
    const aborted = new Promise<never>((_, reject) => {
      const onAbort = (): void => {
        const endIt = (): void => {
          ended = endThread(pool, end);
        };
        // What takes too long has had its time; who goes away may have left a moment before it is done.
        if (signal.reason instanceof AudioError) endIt();
        else patience = setTimeout(endIt, PATIENCE_MS);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const free = async (): Promise<void> => {
        signal.removeEventListener('abort', onAbort);
        clearTimeout(patience);
        await ended;
        this.free.giveBack(pool);
      };
      done.then(free, free);
    });
    return Promise.race([done, aborted]);
  }

  private renewWhenIdle(): void {
    if (this.underWay.size > 0 || this.isClosed) return;
    this.renewal = setTimeout(() => void this.renew(), RENEWAL_IDLE_MS).unref();
  }

  private async renew(): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.recycleWorkers()));
    this.onRenewed();
  }
}

/**
 * A pool of one thread. A pool of several gives the next file to a thread that it is ending, where that thread has finished
 * its last one in the same moment, and the file is lost with it. This one has nothing else to give: its next file comes when
 * the thread is gone.
 *
 * @param isWarm whether its thread stays while there is nothing to do
 */
function newPool(isWarm: boolean): Tinypool {
  const pool = new Tinypool({
    filename: join(__dirname, 'audio-worker.js'),
    minThreads: isWarm ? 1 : 0,
    maxThreads: 1,
    idleTimeout: SURPLUS_THREAD_IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
  });
  // A thread that cannot start (no memory, its file gone) is no reason for the process to end: what waits for it has a
  // time limit, and the next file gets a new one.
  pool.on('error', () => undefined);
  return pool;
}

/** Ends the thread that is at the work of `end`, wherever it is; resolves when it is gone. */
async function endThread(pool: Tinypool, end: AbortController): Promise<void> {
  const before = pool.threads;
  end.abort();
  const ended = before.filter((thread) => !pool.threads.includes(thread));
  await Promise.all(
    ended.map(
      (thread) =>
        new Promise<void>((resolve) => {
          thread.once('exit', () => {
            resolve();
          });
        }),
    ),
  );
}

/** Pools without work, the warm one first. Who finds none waits, in the order of coming. */
class FreePools {
  private readonly free: Set<Tinypool>;
  private readonly waiting: ((pool: Tinypool) => void)[] = [];

  constructor(private readonly all: readonly Tinypool[]) {
    this.free = new Set(all);
  }

  /** @returns a pool that is to be given back @throws the signal's reason when it is aborted before there is one */
  async take(signal: AbortSignal): Promise<Tinypool> {
    signal.throwIfAborted();
    const pool = this.all.find((each) => this.free.has(each));
    if (pool !== undefined) {
      this.free.delete(pool);
      return pool;
    }
    return new Promise<Tinypool>((resolve, reject) => {
      const onTurn = (next: Tinypool): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(next);
      };
      const onAbort = (): void => {
        this.waiting.splice(this.waiting.indexOf(onTurn), 1);
        reject(signal.reason as Error);
      };
      this.waiting.push(onTurn);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  giveBack(pool: Tinypool): void {
    const next = this.waiting.shift();
    if (next === undefined) this.free.add(pool);
    else next(pool);
  }
}

/** The bytes in an ArrayBuffer that can be handed to another thread. */
function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes;
  const isShared = Buffer.isBuffer(bytes) && buffer.byteLength !== byteLength;
  return buffer instanceof ArrayBuffer && !isShared
    ? new Uint8Array(buffer, byteOffset, byteLength)
    : Uint8Array.from(bytes);
}

function closedError(): Error {
  return new Error('The audio decoder is closed.');
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
