import { AudioError } from '../audio-error';
import type { AudioStream } from '../audio-stream';
import { AAC_FRAMES, openAac } from '../codecs/aac';
import type { Packet } from '../codecs/decode-packets';

/** ISO/IEC 13818-7, 6.2.1: the header before each frame of AAC that is broadcast or streamed. */
interface AdtsHeader {
  /** MPEG-4 audio object type. */
  readonly objectType: number;
  readonly rateIndex: number;
  readonly channelConfiguration: number;
  readonly headerBytes: number;
  /** Whole frame, its header included. */
  readonly frameBytes: number;
}

const HEADER_BYTES = 7;
const CHECKSUM_BYTES = 2;
/**
 * AAC in ADTS frames. Damaged places are passed over. The format does not say what the encoder put before the signal
 * (1024 or 2112 samples mostly): that stays.
 *
 * @param bytes the file, from the end of its ID3v2 tag on
 * @throws AudioError `audio_corrupt` if there is no frame, `unsupported_format` for another AAC than LC
 */
export function openAdts(bytes: Uint8Array): AudioStream {
  const start = findAdtsFrame(bytes, 0, bytes.length);
  const header = start === undefined ? undefined : readAdtsHeader(bytes, start);
  if (start === undefined || !header) {
    throw new AudioError(
      'audio_corrupt',
      `No ADTS frame was found in ${bytes.length} bytes. Check that the file was uploaded whole.`,
    );
  }
  const { objectType, rateIndex, channelConfiguration } = header;
  const configuration = Uint8Array.of(
    (objectType << 3) | (rateIndex >> 1),
    ((rateIndex & 1) << 7) | (channelConfiguration << 3),
  );
  return openAac('adts', configuration, () => adtsPackets(bytes, start, header));
}

function* adtsPackets(bytes: Uint8Array, start: number, first: AdtsHeader): Generator<Packet, void, undefined> {
  let at = start;
  while (at < bytes.length) {
    const header = readAdtsHeader(bytes, at);
    if (header && isSameStream(header, first) && at + header.frameBytes <= bytes.length) {
      yield { bytes: bytes.subarray(at + header.headerBytes, at + header.frameBytes), frames: AAC_FRAMES };
      at += header.frameBytes;
    } else at = findAdtsFrame(bytes, at + 1, bytes.length, first) ?? bytes.length;
  }
}

/** The first frame from `from` on that begins before `limit` and is followed by another one, a tag or the end. */
export function findAdtsFrame(bytes: Uint8Array, from: number, limit: number, like?: AdtsHeader): number | undefined {
  for (let at = bytes.indexOf(0xff, from); at !== -1 && at < limit; at = bytes.indexOf(0xff, at + 1)) {
    const header = readAdtsHeader(bytes, at);
    if (!header || (like && !isSameStream(header, like))) continue;
    const end = at + header.frameBytes;
    const next = readAdtsHeader(bytes, end);
    if (next ? isSameStream(header, next) : end === bytes.length || bytes[end] === 0x54 /* T of TAG */) return at;
  }
  return undefined;
}

/** Whether a frame's header stands here. */
export function isAdtsHeader(bytes: Uint8Array, at: number): boolean {
  return readAdtsHeader(bytes, at) !== undefined;
}

function readAdtsHeader(bytes: Uint8Array, at: number): AdtsHeader | undefined {
  if (at + HEADER_BYTES > bytes.length || bytes[at] !== 0xff || (bytes[at + 1]! & 0xf6) !== 0xf0) return undefined;
  const rateIndex = (bytes[at + 2]! >> 2) & 0x0f;
  const headerBytes = (bytes[at + 1]! & 1) === 1 ? HEADER_BYTES : HEADER_BYTES + CHECKSUM_BYTES;
  const frameBytes = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
  if (rateIndex > 12 || frameBytes < headerBytes) return undefined;
  return {
    objectType: (bytes[at + 2]! >> 6) + 1,
    rateIndex,
    channelConfiguration: ((bytes[at + 2]! & 1) << 2) | (bytes[at + 3]! >> 6),
    headerBytes,
    frameBytes,
  };
}

function isSameStream(a: AdtsHeader, b: AdtsHeader): boolean {
  return (
    a.objectType === b.objectType && a.rateIndex === b.rateIndex && a.channelConfiguration === b.channelConfiguration
  );
}
