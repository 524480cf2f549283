import type { Block } from './audio-stream';

/**
 * Makes one channel of many: the mean of all, or one that was chosen. What comes out lies in [-1, 1]: float formats may
 * hold anything and lossy ones overshoot, so that NaN and infinities are silence and what is beyond full scale is clipped.
 */
export class MonoMixer {
  private buffer = new Float32Array(0);

  /** @param channel index of the only channel to take; all if there is none */
  constructor(private readonly channel?: number) {}

  /** The block as mono, valid until the next call. */
  mix(block: Block): Float32Array {
    const channels = this.channel === undefined ? block : block.slice(this.channel, this.channel + 1);
    const length = block[0]?.length ?? 0;
    if (this.buffer.length < length) this.buffer = new Float32Array(length);
    const mono = this.buffer.subarray(0, length);
    const [first, second] = channels;
    if (first && !second) for (let index = 0; index < length; index++) mono[index] = bounded(first[index]!);
    else if (first && second && channels.length === 2) {
      for (let index = 0; index < length; index++) mono[index] = (bounded(first[index]!) + bounded(second[index]!)) / 2;
    } else mixMany(channels, mono);
    return mono;
  }
}

function mixMany(channels: Block, mono: Float32Array): void {
  for (let index = 0; index < mono.length; index++) {
    let sum = 0;
    for (const channel of channels) sum += bounded(channel[index]!);
    mono[index] = channels.length === 0 ? 0 : sum / channels.length;
  }
}

function bounded(sample: number): number {
  if (sample >= -1 && sample <= 1) return sample;
  return Number.isFinite(sample) ? Math.sign(sample) : 0;
}
