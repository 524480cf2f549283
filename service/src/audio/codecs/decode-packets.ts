import { AudioError } from '../audio-error';
import type { Block } from '../audio-stream';
import { silence } from '../audio-stream';
import type { Codec } from './codec-module';
import type { PacketDecoder } from './packet-decoder';

/** A piece of a coded stream. */
export interface Packet {
  readonly bytes: Uint8Array;
  /** Frames that it holds, as far as its outside tells: how long it is silent if it is damaged. */
  readonly frames: number;
  /** Frames that were lost before it, if that is known. */
  readonly lostFrames?: number;
}

/** What is decoded and from where, for errors. */
export interface PacketSource {
  readonly codec: Codec;
  readonly channels: number;
  readonly sampleRateHz: number;
}

/**
 * Decodes packets one by one. Where one is damaged or lost, silence keeps the time.
 *
 * @throws AudioError `audio_corrupt` if there are packets but none can be decoded
 */
export function* decodePackets(
  packets: Iterable<Packet>,
  decoder: PacketDecoder,
  { codec, channels, sampleRateHz }: PacketSource,
): Generator<Block, void, undefined> {
  let total = 0;
  let decoded = 0;
  for (const { bytes, frames, lostFrames = 0 } of packets) {
    total++;
    yield* silence(channels, lostFrames);
    const block = decoder.decode(bytes);
    if (block && (block.length === 0 || decoder.sampleRateHz === sampleRateHz)) {
      decoded++;
      if (block.length > 0) yield block;
    } else yield* silence(channels, frames);
  }
  if (total > 0 && decoded === 0) {
    throw new AudioError(
      'audio_corrupt',
      `None of the ${total} packets of ${codec} audio could be decoded. Check that the file was uploaded whole.`,
    );
  }
}
