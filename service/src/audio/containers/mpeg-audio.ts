import { AudioError } from '../audio-error';
import type { AudioStream, Stretch } from '../audio-stream';
import { trimmed } from '../audio-stream';
import type { Codec } from '../codecs/codec-module';
import type { Packet } from '../codecs/decode-packets';
import { decodePackets } from '../codecs/decode-packets';
import { PacketDecoder } from '../codecs/packet-decoder';
import type { AudioSource, ContainerName } from '../decoded-audio';
import type { MpegHeader } from './mpeg-header';
import { findMpegFrame, isSameMpegStream, MPEG_HEADER_BYTES, readMpegHeader } from './mpeg-header';

/** Frames that a layer III decoder puts before the signal, which LAME's tag does not count. */
const DECODER_DELAY = 529;

/** Where LAME's delays lie: behind an `Xing` or `Info` tag of fixed length with all its fields (LAME, "Mp3 Info Tag rev 1"). */
const LAME_DELAYS_AT = 141;
const XING_TAG_BYTES = 4;

/** What an encoder put around the signal, in frames of audio. */
interface Gap {
  readonly start: number;
  /** Length of the signal, if it is known. */
  readonly length: number;
}

/**
 * Bare frames of MPEG audio, MP3 most of all, of constant or variable bit rate. Tags between and around the frames and
 * damaged places are passed over. What LAME, and encoders that write its tag, put around the signal is taken away.
 *
 * @param bytes the file, from the end of its ID3v2 tag on
 * @throws AudioError `audio_corrupt` if there is no frame
 */
export function openMpegAudio(bytes: Uint8Array): AudioStream {
  const start = findMpegFrame(bytes, 0, bytes.length);
  const header = start === undefined ? undefined : readMpegHeader(bytes, start);
  if (start === undefined || !header) {
    throw new AudioError(
      'audio_corrupt',
      `No MPEG audio frame was found in ${bytes.length} bytes. Check that the file was uploaded whole.`,
    );
  }
  const { codec, decoder, source } = openCodec('mp3', header);
  const tag = xingTagAt(bytes, start, header);
  const firstFrame = tag === undefined ? start : start + header.frameBytes;
  const gap = tag === undefined ? undefined : lameGap(bytes, tag, header);
  const packets = mpegPackets(bytes, firstFrame, header);
  return {
    source,
    blocks: () => trimmed(decodePackets(packets, decoder, { ...source, codec }), gap?.start ?? 0, gap?.length),
  };
}

/**
 * MPEG audio in a container that delivers its frames as packets.
 *
 * @throws AudioError `audio_corrupt` if no packet is a frame
 */
export function openMpegPackets(
  container: ContainerName,
  packets: () => Iterable<Uint8Array>,
  stretch?: (sampleRateHz: number) => Stretch,
): AudioStream {
  let header: MpegHeader | undefined;
  for (const packet of packets()) {
    header = readMpegHeader(packet, 0);
    if (header) break;
  }
  if (!header) {
    throw new AudioError(
      'audio_corrupt',
      `The ${container} file's MPEG audio holds no frame. Check that the file was uploaded whole.`,
    );
  }
  const { frames } = header;
  const { codec, decoder, source } = openCodec(container, header);
  const { skip, keep } = stretch?.(header.sampleRateHz) ?? { skip: 0 };
  function* sized(): Generator<Packet, void, undefined> {
    for (const bytes of packets()) yield { bytes, frames };
  }
  return {
    source,
    blocks: () => trimmed(decodePackets(sized(), decoder, { ...source, codec }), skip, keep),
  };
}

function openCodec(
  container: ContainerName,
  { layer, sampleRateHz, channels }: MpegHeader,
): { readonly codec: Codec; readonly decoder: PacketDecoder; readonly source: AudioSource } {
  const codec = (['mp1', 'mp2', 'mp3'] as const)[layer - 1]!;
  const decoder = PacketDecoder.open(codec);
  if (!decoder) throw new Error(`there is no decoder for ${codec}`);
  return { codec, decoder, source: { container, encoding: codec, sampleRateHz, channels } };
}

/** Frames one after another; between them, after damage, the next place where two follow each other. */
function* mpegPackets(bytes: Uint8Array, start: number, first: MpegHeader): Generator<Packet, void, undefined> {
  let at = start;
  while (at < bytes.length) {
    const header = readMpegHeader(bytes, at);
    if (header && isSameMpegStream(header, first) && at + header.frameBytes <= bytes.length) {
      yield { bytes: bytes.subarray(at, at + header.frameBytes), frames: header.frames };
      at += header.frameBytes;
    } else at = findMpegFrame(bytes, at + 1, bytes.length, first) ?? bytes.length;
  }
}

/** Where the tag lies in the first frame, if it is not audio but says how the stream was encoded. */
function xingTagAt(bytes: Uint8Array, frame: number, { layer, sideInfoBytes }: MpegHeader): number | undefined {
  if (layer !== 3) return undefined;
  // Writers leave room for a checksum or do not, whatever the header says of it.
  for (const at of [frame + MPEG_HEADER_BYTES + sideInfoBytes, frame + MPEG_HEADER_BYTES + sideInfoBytes + 2]) {
    const id = String.fromCharCode(...bytes.subarray(at, at + XING_TAG_BYTES));
    if (id === 'Xing' || id === 'Info') return at;
  }
  return undefined;
}

/** Delay and padding, 12 bits each, and the number of MPEG frames of the tag's first field. */
function lameGap(bytes: Uint8Array, tag: number, header: MpegHeader): Gap | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const delaysAt = tag + LAME_DELAYS_AT;
  if (delaysAt + 3 > bytes.length) return undefined;
  const hasFrames = (view.getUint32(tag + XING_TAG_BYTES) & 1) === 1;
  const encoder = String.fromCharCode(...bytes.subarray(tag + 120, tag + 124));
  if (!/^[A-Za-z]{3}/.test(encoder)) return undefined; // no LAME part, so that these bytes are something else
  const delay = (bytes[delaysAt]! << 4) | (bytes[delaysAt + 1]! >> 4);
  const padding = ((bytes[delaysAt + 1]! & 0x0f) << 8) | bytes[delaysAt + 2]!;
  const total = hasFrames ? view.getUint32(tag + 2 * XING_TAG_BYTES) * header.frames : Infinity;
  const length = total - delay - padding;
  return length > 0 ? { start: delay + DECODER_DELAY, length } : undefined;
}
