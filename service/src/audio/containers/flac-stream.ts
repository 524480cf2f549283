import { AudioError } from '../audio-error';

/**
 * The outside of a FLAC stream (RFC 9639): its STREAMINFO and where each frame begins and ends. What is inside a frame
 * is the decoder's part (../codecs/).
 *
 * Frames are found here, so that the decoder sees one frame at a time, whole and undamaged: a frame of twenty bytes may
 * unfold to two megabytes, and what is lost between frames has to be known.
 */
export interface FlacStream {
  readonly sampleRateHz: number;
  readonly channels: number;
  /** Samples of each channel as STREAMINFO states them; 0 if unknown. */
  readonly statedSamples: number;
  /** Contents of STREAMINFO. */
  readonly streamInfo: Uint8Array;
  /**
   * Frames in order; what is damaged is passed over.
   *
   * @throws AudioError `audio_corrupt`, on the way, if there are too many places that only look like frames
   */
  frames(): Generator<FlacFrame, void, undefined>;
}

/** One frame, its checksums verified. */
export interface FlacFrame {
  readonly bytes: Uint8Array;
  /** Samples of each channel in this frame. */
  readonly blockSize: number;
  /** Samples lost to damage between the frame before and this one. */
  readonly lostSamples: number;
}

interface StreamInfo {
  readonly maxBlockSize: number;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly bitsPerSample: number;
  readonly statedSamples: number;
}

interface FrameHeader {
  readonly blockSize: number;
  /** Position of the first sample in the stream. */
  readonly startSample: number;
  readonly length: number;
}

const MARKER_BYTES = 4;
const BLOCK_HEADER_BYTES = 4;
const STREAMINFO_BYTES = 34;

/**
 * Bytes over which checksums are computed before a file is given up: this many times its size, and a constant for small
 * ones. A sound file needs its size once, each damaged place up to the longest frame once more; a file of nothing but
 * frame headers would need the square of its size.
 */
const MAX_CHECKS_PER_BYTE = 8;
const MIN_CHECKED_BYTES = 2 ** 20;

/**
 * Samples of each channel in a frame that a container delivers as a packet; nothing if it is not a frame of the stream.
 *
 * @param streamInfo contents of STREAMINFO
 */
export function flacPacketFrames(packet: Uint8Array, streamInfo: Uint8Array): number | undefined {
  return readFrameHeader(packet, 0, readStreamInfo(streamInfo))?.blockSize;
}

/**
 * Reads the metadata of a FLAC stream.
 *
 * @param bytes the stream, beginning with its `fLaC` marker
 * @throws AudioError `audio_corrupt`
 */
export function readFlacStream(bytes: Uint8Array): FlacStream {
  const headerEnd = MARKER_BYTES + BLOCK_HEADER_BYTES + STREAMINFO_BYTES;
  const isStreamInfo = ((bytes[MARKER_BYTES] ?? 0xff) & 0x7f) === 0;
  if (bytes.length < headerEnd || !isStreamInfo) {
    throw new AudioError(
      'audio_corrupt',
      `The FLAC file (${bytes.length} bytes) does not begin with a STREAMINFO block. Check that it was uploaded whole.`,
    );
  }
  const streamInfo = bytes.subarray(headerEnd - STREAMINFO_BYTES, headerEnd);
  const info = readStreamInfo(streamInfo);
  const framesStart = skipMetadata(bytes);
  return {
    sampleRateHz: info.sampleRateHz,
    channels: info.channels,
    statedSamples: info.statedSamples,
    streamInfo,
    frames: () => findFrames(bytes, framesStart, info),
  };
}

/** RFC 9639, 8.2. */
function readStreamInfo(block: Uint8Array): StreamInfo {
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  const packed = view.getUint32(10);
  return {
    maxBlockSize: view.getUint16(2),
    sampleRateHz: packed >>> 12,
    channels: ((packed >>> 9) & 0x07) + 1,
    bitsPerSample: ((packed >>> 4) & 0x1f) + 1,
    statedSamples: (packed & 0x0f) * 2 ** 32 + view.getUint32(14),
  };
}

/** First byte after the metadata blocks; their lengths may lie, so that frames are searched for from there on. */
function skipMetadata(bytes: Uint8Array): number {
  let at = MARKER_BYTES;
  let isLast = false;
  while (!isLast && at + BLOCK_HEADER_BYTES <= bytes.length) {
    isLast = (bytes[at]! & 0x80) !== 0;
    at += BLOCK_HEADER_BYTES + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
  }
  return at;
}

function* findFrames(bytes: Uint8Array, start: number, info: StreamInfo): Generator<FlacFrame, void, undefined> {
  let at = start;
  let expectedSample: number | undefined;
  let isDamaged = false;
  let checkedBytes = 0;
  while (at < bytes.length) {
    const header = readFrameHeader(bytes, at, info);
    const { end, checked } = header ? findFrameEnd(bytes, at, header, info) : NOT_A_FRAME;
    checkedBytes += checked;
    if (checkedBytes > MIN_CHECKED_BYTES + MAX_CHECKS_PER_BYTE * bytes.length) {
      throw new AudioError(
        'audio_corrupt',
        `The FLAC file (${bytes.length} bytes) is full of frames that are damaged or not there: looking for the next ` +
          `one was given up at byte ${at}. Check that it was uploaded whole.`,
      );
    }
    if (header && end !== undefined) {
      const gap = isDamaged && expectedSample !== undefined ? header.startSample - expectedSample : 0;
      yield { bytes: bytes.subarray(at, end), blockSize: header.blockSize, lostSamples: Math.max(0, gap) };
      expectedSample = header.startSample + header.blockSize;
      isDamaged = false;
      at = end;
    } else {
      isDamaged = true;
      const next = bytes.indexOf(0xff, at + 1);
      at = next === -1 ? bytes.length : next;
    }
  }
}

/** Where a frame ends, if it does, and how many bytes were looked at to find out. */
interface FrameSearch {
  readonly end: number | undefined;
  readonly checked: number;
}

const NOT_A_FRAME: FrameSearch = { end: undefined, checked: 0 };

/**
 * The end of the frame that begins at `start`: where its CRC-16 comes out at zero (the checksum is part of what it is
 * computed over) and another frame or the end of the file follows. Before a tag or other strange bytes the last zero
 * counts.
 */
function findFrameEnd(bytes: Uint8Array, start: number, header: FrameHeader, info: StreamInfo): FrameSearch {
  const limit = Math.min(bytes.length, start + maxFrameBytes(header, info));
  let crc = 0;
  let lastZero: number | undefined;
  for (let at = start; at < limit; at++) {
    crc = ((crc << 8) & 0xffff) ^ CRC16[(crc >> 8) ^ bytes[at]!]!;
    if (crc === 0 && at >= start + header.length + 2) {
      const end = at + 1;
      if (end === bytes.length || readFrameHeader(bytes, end, info)) return { end, checked: end - start };
      lastZero = end;
    }
  }
  return { end: lastZero, checked: limit - start };
}

/** A frame of verbatim subframes, each with up to a header of two bytes and one bit more a sample (side channel). */
function maxFrameBytes({ blockSize, length }: FrameHeader, { channels, bitsPerSample }: StreamInfo): number {
  return length + channels * (Math.ceil((blockSize * (bitsPerSample + 1)) / 8) + 8) + 2;
}

/** RFC 9639, 9.1; `undefined` if there is none at this place, or one of another stream. */
function readFrameHeader(bytes: Uint8Array, at: number, info: StreamInfo): FrameHeader | undefined {
  if (bytes[at] !== 0xff || ((bytes[at + 1] ?? 0) & 0xfe) !== 0xf8 || at + 6 > bytes.length) return undefined;
  const isVariable = (bytes[at + 1]! & 1) === 1;
  const blockSizeCode = bytes[at + 2]! >> 4;
  const sampleRateCode = bytes[at + 2]! & 0x0f;
  const channelCode = bytes[at + 3]! >> 4;
  const depthCode = (bytes[at + 3]! >> 1) & 0x07;
  if (blockSizeCode === 0 || sampleRateCode === 15 || depthCode === 3 || (bytes[at + 3]! & 1) !== 0) return undefined;
  if (channelCode > 10 || (channelCode < 8 ? channelCode + 1 : 2) !== info.channels) return undefined;
  const depth = BITS_BY_CODE[depthCode];
  if (depth !== undefined && depth !== info.bitsPerSample) return undefined;

  const coded = readCodedNumber(bytes, at + 4);
  if (!coded) return undefined;
  const afterNumber = at + 4 + coded.length;
  const blockSizeBytes = blockSizeCode === 6 ? 1 : blockSizeCode === 7 ? 2 : 0;
  const sampleRateBytes = sampleRateCode === 12 ? 1 : sampleRateCode === 13 || sampleRateCode === 14 ? 2 : 0;
  const crcAt = afterNumber + blockSizeBytes + sampleRateBytes;
  if (crcAt >= bytes.length || crc8(bytes, at, crcAt) !== bytes[crcAt]) return undefined;

  const blockSize =
    blockSizeBytes === 0 ? blockSizeOf(blockSizeCode) : readUint(bytes, afterNumber, blockSizeBytes) + 1;
  return {
    blockSize,
    startSample: isVariable ? coded.value : coded.value * info.maxBlockSize,
    length: crcAt + 1 - at,
  };
}

function blockSizeOf(code: number): number {
  if (code === 1) return 192;
  return code <= 5 ? 144 * 2 ** code : 2 ** code;
}

/** Sample sizes by their code; the others are the stream's own (code 0) or reserved. */
const BITS_BY_CODE: Readonly<Record<number, number>> = { 1: 8, 2: 12, 4: 16, 5: 20, 6: 24, 7: 32 };

/** A number coded like UTF-8, extended to 36 bits (RFC 9639, 9.1.5). */
function readCodedNumber(bytes: Uint8Array, at: number): { value: number; length: number } | undefined {
  const first = bytes[at]!;
  const leadingOnes = Math.clz32(~(first << 24));
  if (leadingOnes === 0) return { value: first, length: 1 };
  if (leadingOnes === 1 || leadingOnes > 7) return undefined;
  let value = first & (0x7f >> leadingOnes);
  for (let index = 1; index < leadingOnes; index++) {
    const byte = bytes[at + index] ?? 0;
    if ((byte & 0xc0) !== 0x80) return undefined;
    value = value * 64 + (byte & 0x3f);
  }
  return { value, length: leadingOnes };
}

function readUint(bytes: Uint8Array, at: number, length: number): number {
  return length === 1 ? bytes[at]! : (bytes[at]! << 8) | bytes[at + 1]!;
}

/** Polynomial x^8 + x^2 + x + 1, as of the frame header. */
function crc8(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0;
  for (let at = start; at < end; at++) crc = CRC8[crc ^ bytes[at]!]!;
  return crc;
}

const CRC8 = crcTable(8, 0x07);
/** Polynomial x^16 + x^15 + x^2 + 1, as of the whole frame. */
const CRC16 = crcTable(16, 0x8005);

function crcTable(bits: 8 | 16, polynomial: number): Uint16Array {
  const top = 1 << (bits - 1);
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << (bits - 8);
    for (let bit = 0; bit < 8; bit++) crc = (crc & top) === 0 ? crc << 1 : (crc << 1) ^ polynomial;
    return crc & (2 * top - 1);
  });
}
