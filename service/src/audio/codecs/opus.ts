import { AudioError } from '../audio-error';
import type { AudioStream } from '../audio-stream';
import { trimmed } from '../audio-stream';
import type { Packet } from './decode-packets';
import { decodePackets } from './decode-packets';
import { PacketDecoder } from './packet-decoder';
import type { ContainerName } from '../decoded-audio';

/** Opus counts everything at 48 kHz; it is decoded to a third of that, which is all that is wanted. */
const COUNTING_RATE_HZ = 48_000;
const DECODED_RATE_HZ = 16_000;
const COUNTED_PER_FRAME = COUNTING_RATE_HZ / DECODED_RATE_HZ;

/** Fields of the identification header (RFC 7845, 5.1). */
const MIN_HEADER_BYTES = 19;
const CHANNELS_AT = 9;
const PRE_SKIP_AT = 10;

/** Longest packet: 120 ms. */
const MAX_PACKET_FRAMES = 1_920;

/**
 * Opus, with what its encoder put before the signal taken away.
 *
 * @param header an identification header
 * @param keep length of the signal at 48 kHz, if the container states it
 * @throws AudioError `audio_corrupt` for a header that cannot be
 */
export function openOpus(
  container: ContainerName,
  header: Uint8Array,
  packets: () => Iterable<Uint8Array>,
  keep?: () => number | undefined,
): AudioStream {
  const decoder = header.length < MIN_HEADER_BYTES ? undefined : PacketDecoder.open('opus', header);
  if (!decoder) {
    throw new AudioError(
      'audio_corrupt',
      `The Opus header (${Buffer.from(header.subarray(0, MIN_HEADER_BYTES)).toString('hex')}) cannot be. ` +
        'Check that the file was uploaded whole.',
    );
  }
  const channels = header[CHANNELS_AT]!;
  const preSkip = header[PRE_SKIP_AT]! | (header[PRE_SKIP_AT + 1]! << 8);
  const source = { codec: 'opus', channels, sampleRateHz: DECODED_RATE_HZ } as const;
  const skip = Math.round(preSkip / COUNTED_PER_FRAME);
  return {
    source: { container, encoding: 'opus', sampleRateHz: DECODED_RATE_HZ, channels },
    blocks: () => {
      const length = keep?.();
      const frames = length === undefined ? undefined : Math.ceil(length / COUNTED_PER_FRAME);
      return trimmed(decodePackets(opusPackets(packets()), decoder, source), skip, frames);
    },
  };
}

function* opusPackets(packets: Iterable<Uint8Array>): Generator<Packet, void, undefined> {
  for (const bytes of packets) yield { bytes, frames: opusPacketFrames(bytes) };
}

/** Frames of a packet as they are decoded, from its first bytes (RFC 6716, 3.1 and 3.2). */
function opusPacketFrames(packet: Uint8Array): number {
  const toc = packet[0];
  if (toc === undefined) return 0;
  const configuration = toc >> 3;
  const frames =
    configuration < 12
      ? [160, 320, 640, 960][configuration & 3]!
      : configuration < 16
        ? [160, 320][configuration & 1]!
        : 40 << (configuration & 3);
  const code = toc & 3;
  const count = code === 0 ? 1 : code === 3 ? (packet[1] ?? 0) & 0x3f : 2;
  return Math.min(frames * count, MAX_PACKET_FRAMES);
}
