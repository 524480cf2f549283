import type { AudioSource } from './decoded-audio';

/** Consecutive samples at the source's rate, one array a channel, full scale [-1, 1]; valid until the next block. */
export type Block = readonly Float32Array[];

/** A file, opened: what it holds is known, its samples come block by block. */
export interface AudioStream {
  readonly source: AudioSource;
  /** Samples of each channel, where the size of the file proves the number. */
  readonly frameCount?: number;
  /** Samples of each channel as a header claims them: a reason to refuse, never to allocate. */
  readonly claimedFrames?: number;
  /**
   * The audio, in order and once; what is damaged comes as silence where its length is known. Blocks are small: what a
   * single packet of the format can unfold to.
   *
   * @throws AudioError on the way, if the contents contradict themselves
   */
  readonly blocks: () => Iterable<Block>;
}

/** The part of what a decoder gives that is signal, in frames: encoders put silence around it. */
export interface Stretch {
  readonly skip: number;
  /** Without it, up to the end. */
  readonly keep?: number;
}

/** Most frames in a block whose size is free to choose: small beside everything else, long beside a call. */
export const BLOCK_FRAMES = 4096;

/** Silence of any length; damaged positions can claim hours. */
export function* silence(channels: number, frames: number): Generator<Block, void, undefined> {
  const zeros = new Float32Array(Math.min(frames, BLOCK_FRAMES));
  for (let remaining = frames; remaining > 0; remaining -= zeros.length) {
    const part = zeros.subarray(0, remaining);
    yield Array.from({ length: channels }, () => part);
  }
}

/**
 * Audio without what encoders put around it.
 *
 * @param skip frames to leave out at the beginning
 * @param keep frames after them, at most
 */
export function* trimmed(blocks: Iterable<Block>, skip: number, keep = Infinity): Generator<Block, void, undefined> {
  let toSkip = skip;
  let toKeep = keep;
  for (const block of blocks) {
    const frames = block[0]?.length ?? 0;
    const start = Math.min(toSkip, frames);
    const end = Math.min(start + toKeep, frames);
    toSkip -= start;
    toKeep -= end - start;
    if (end > start) yield block.map((channel) => channel.subarray(start, end));
    if (toKeep <= 0) return;
  }
}
