import { AudioError } from '../audio-error';
import type { Block } from '../audio-stream';
import type { Codec, CodecExports } from './codec-module';
import { CODEC_NUMBERS, instantiateCodecs, isTrap } from './codec-module';

/** Packets of one stream that may bring the WebAssembly instance to a trap; each costs a new instance. */
const MAX_TRAPS = 20;

/**
 * Decodes the packets of one stream, in a WebAssembly instance of its own: whatever hostile bytes do, they do it to at
 * most 64 MiB that nobody else uses, and no longer than the thread's time limit.
 */
export class PacketDecoder {
  private traps = 0;

  private constructor(
    private readonly codec: Codec,
    private readonly configuration: Uint8Array,
    private instance: CodecExports,
  ) {}

  /**
   * @param configuration what rust/src/lib.rs wants of this codec
   * @returns nothing if the codec cannot decode such a stream
   */
  static open(codec: Codec, configuration: Uint8Array = new Uint8Array(0)): PacketDecoder | undefined {
    const instance = openInstance(codec, configuration);
    return instance && new PacketDecoder(codec, configuration, instance);
  }

  /** Known after the first packet, in Hz. */
  get sampleRateHz(): number {
    return this.instance.sample_rate();
  }

  /**
   * The packet's audio, perhaps of no length; nothing if it is damaged.
   *
   * @throws AudioError `audio_corrupt` if the stream is full of packets that break the decoder
   */
  decode(packet: Uint8Array): Block | undefined {
    try {
      write(this.instance, packet);
      const frames = this.instance.decode();
      return frames < 0 ? undefined : planes(this.instance, frames);
    } catch (error) {
      if (!isTrap(error)) throw error;
      this.restart();
      return undefined;
    }
  }

  /** Forgets the packets before, as for the beginning of a stream. */
  restart(): void {
    const instance = this.traps++ < MAX_TRAPS ? openInstance(this.codec, this.configuration) : undefined;
    if (!instance) {
      throw new AudioError(
        'audio_corrupt',
        `The ${this.codec} audio broke the decoder ${this.traps} times. Check that it was uploaded whole.`,
      );
    }
    this.instance = instance;
  }
}

/** A configuration may break a decoder, too; then there is none for it. */
function openInstance(codec: Codec, configuration: Uint8Array): CodecExports | undefined {
  const instance = instantiateCodecs();
  try {
    write(instance, configuration);
    return instance.open(CODEC_NUMBERS[codec]) === 1 ? instance : undefined;
  } catch (error) {
    if (isTrap(error)) return undefined;
    throw error;
  }
}

function write(instance: CodecExports, bytes: Uint8Array): void {
  const at = instance.reserve(bytes.length);
  new Uint8Array(instance.memory.buffer, at, bytes.length).set(bytes);
}

/** Views of the instance's memory: the next packet overwrites them. */
function planes(instance: CodecExports, frames: number): Block {
  const { buffer } = instance.memory;
  return Array.from(
    { length: instance.channels() },
    (_, channel) => new Float32Array(buffer, instance.plane(channel), frames),
  );
}
