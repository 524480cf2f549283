import { AudioError } from '../audio-error';
import type { AudioStream } from '../audio-stream';
import type { Packet } from '../codecs/decode-packets';
import { decodePackets } from '../codecs/decode-packets';
import { PacketDecoder } from '../codecs/packet-decoder';
import type { ContainerName } from '../decoded-audio';
import type { FlacStream } from './flac-stream';
import { flacPacketFrames, readFlacStream } from './flac-stream';

const MARKER = 'fLaC';
const STREAMINFO_BYTES = 34;

/**
 * FLAC in its own framing. Damaged frames are passed over; where they stood, silence keeps the time.
 *
 * @param bytes the file, beginning with its `fLaC` marker
 * @throws AudioError `audio_corrupt`
 */
export function openFlac(bytes: Uint8Array): AudioStream {
  const stream = readFlacStream(bytes);
  return flacStream('flac', stream, framesOf(stream));
}

/**
 * FLAC in a container that delivers its frames as packets.
 *
 * @param header anything with a `fLaC` marker and STREAMINFO behind it; packets before the first frame may follow
 * @throws AudioError `audio_corrupt`
 */
export function openPackedFlac(
  container: ContainerName,
  header: Uint8Array,
  packets: Iterable<Uint8Array>,
): AudioStream {
  const at = Buffer.from(header.buffer, header.byteOffset, header.length).indexOf(MARKER, 0, 'latin1');
  const stream = readFlacStream(at === -1 ? new Uint8Array(0) : header.subarray(at));
  return flacStream(container, stream, packed(packets, stream.streamInfo));
}

/** Marker and block header for a STREAMINFO that a container carries without them. */
export function flacHeader(streamInfo: Uint8Array): Uint8Array {
  return Buffer.concat([
    Buffer.from(MARKER, 'latin1'),
    Uint8Array.of(0x80, 0, 0, STREAMINFO_BYTES),
    streamInfo.subarray(0, STREAMINFO_BYTES),
  ]);
}

function flacStream(container: ContainerName, stream: FlacStream, packets: Iterable<Packet>): AudioStream {
  const { sampleRateHz, channels, statedSamples, streamInfo } = stream;
  const decoder = PacketDecoder.open('flac', streamInfo);
  if (!decoder) {
    throw new AudioError(
      'audio_corrupt',
      'The STREAMINFO of the FLAC audio cannot be. Check that it was uploaded whole.',
    );
  }
  const source = { codec: 'flac', channels, sampleRateHz } as const;
  return {
    source: { container, encoding: 'flac', sampleRateHz, channels },
    claimedFrames: statedSamples,
    blocks: () => decodePackets(expected(packets, statedSamples), decoder, source),
  };
}

function* framesOf(stream: FlacStream): Generator<Packet, void, undefined> {
  for (const { bytes, blockSize, lostSamples } of stream.frames()) {
    yield { bytes, frames: blockSize, lostFrames: lostSamples };
  }
}

/** Metadata blocks are packets, too, and no frames. */
function* packed(packets: Iterable<Uint8Array>, streamInfo: Uint8Array): Generator<Packet, void, undefined> {
  for (const bytes of packets) {
    const frames = flacPacketFrames(bytes, streamInfo);
    if (frames !== undefined) yield { bytes, frames };
  }
}

/** @throws AudioError `audio_corrupt` if audio is stated and there is none */
function* expected(packets: Iterable<Packet>, statedSamples: number): Generator<Packet, void, undefined> {
  let isEmpty = true;
  for (const packet of packets) {
    isEmpty = false;
    yield packet;
  }
  if (isEmpty && statedSamples > 0) {
    throw new AudioError(
      'audio_corrupt',
      `None of the ${statedSamples} samples that the FLAC header names was found. Check that it was uploaded whole.`,
    );
  }
}
