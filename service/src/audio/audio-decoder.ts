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
  private readonly pool: Tinypool;
  /** Longest audio that is decoded, in seconds. */
  readonly maxDurationS: number;
  /**
   * Files that are decoded at the same time, each in a thread of its own. More may be given, but wait on their own time
   * limit.
   */
  readonly threads = THREADS;
  private readonly timeoutMs: number;
  private renewal: NodeJS.Timeout | undefined;
  private readonly underWay = new Set<AbortController>();
  private isClosed = false;

  constructor({ maxDurationS, timeoutMs }: AudioDecoderOptions) {
    this.maxDurationS = maxDurationS;
    this.timeoutMs = timeoutMs;
    this.pool = new Tinypool({
      filename: join(__dirname, 'audio-worker.js'),
      minThreads: 1,
      maxThreads: THREADS,
      idleTimeout: SURPLUS_THREAD_IDLE_MS,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
    });
    // A thread that cannot start (no memory, its file gone) is no reason for the process to end: what waits for it has a
    // time limit, and the next file gets a new one.
    this.pool.on('error', () => undefined);
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
    await this.pool.destroy();
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
      const owned = ownBuffer(bytes);
      const task: DecodeTask = { bytes: owned, options: { ...options, maxDurationS: this.maxDurationS } };
      const outcome = (await this.pool.run(task, {
        signal: stop.signal,
        transferList: [owned.buffer],
      })) as DecodeOutcome;
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

  private renewWhenIdle(): void {
    if (this.underWay.size > 0 || this.isClosed) return;
    this.renewal = setTimeout(() => void this.pool.recycleWorkers(), RENEWAL_IDLE_MS).unref();
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
