import { AudioError } from '../audio-error';

/** A page of an Ogg stream (RFC 3533, 6). */
export interface OggPage {
  readonly serial: number;
  /** Position of the stream at the end of the last packet that ends here; -1 if none does. */
  readonly granule: bigint;
  readonly isContinued: boolean;
  readonly isFirst: boolean;
  /** Lengths of the segments that the body is made of. */
  readonly segments: Uint8Array;
  readonly body: Uint8Array;
}

const HEADER_BYTES = 27;
const CHECKSUM_AT = 22;
const SEGMENT_COUNT_AT = 26;
const CONTINUED = 1;
const FIRST = 2;
const CAPTURE_PATTERN = Buffer.from('OggS', 'latin1');

/**
 * Bytes over which checksums are computed before a file is given up: this many times its size, and a constant for small
 * ones. A sound file needs its size once; one of nothing but page headers, each claiming the longest page, would need
 * thousands of times its size.
 */
const MAX_CHECKS_PER_BYTE = 8;
const MIN_CHECKED_BYTES = 2 ** 20;

/**
 * Pages in order; what is damaged or stands between them is passed over. Of a last page that is cut off, the segments
 * that are there come, though nothing can verify them.
 *
 * @throws AudioError `audio_corrupt`, on the way, if there are too many places that only look like pages
 */
export function* oggPages(bytes: Uint8Array): Generator<OggPage, void, undefined> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = buffer.indexOf(CAPTURE_PATTERN);
  let checkedBytes = 0;
  while (at !== -1) {
    const length = pageLength(bytes, at);
    checkedBytes += length ?? 0;
    if (checkedBytes > MIN_CHECKED_BYTES + MAX_CHECKS_PER_BYTE * bytes.length) {
      throw new AudioError(
        'audio_corrupt',
        `The Ogg file (${bytes.length} bytes) is full of pages that are damaged or not there: looking for the next one ` +
          `was given up at byte ${at}. Check that it was uploaded whole.`,
      );
    }
    if (length !== undefined && isIntact(bytes, view, at, length)) {
      yield readPage(bytes, view, at, length);
      at = buffer.indexOf(CAPTURE_PATTERN, at + length);
    } else {
      const next = buffer.indexOf(CAPTURE_PATTERN, at + 1);
      if (next === -1 && length !== undefined && at + length > bytes.length) yield cutOffPage(bytes, view, at);
      at = next;
    }
  }
}

function pageLength(bytes: Uint8Array, at: number): number | undefined {
  const segments = bytes[at + SEGMENT_COUNT_AT];
  const bodyAt = at + HEADER_BYTES + (segments ?? 0);
  if (segments === undefined || bodyAt > bytes.length) return undefined;
  let length = HEADER_BYTES + segments;
  for (let index = at + HEADER_BYTES; index < bodyAt; index++) length += bytes[index]!;
  return length;
}

function cutOffPage(bytes: Uint8Array, view: DataView, at: number): OggPage {
  const page = readPage(bytes, view, at, bytes.length - at);
  let length = 0;
  const whole = page.segments.findIndex((segment) => (length += segment) > page.body.length);
  return { ...page, granule: -1n, segments: page.segments.subarray(0, whole) };
}

function readPage(bytes: Uint8Array, view: DataView, at: number, length: number): OggPage {
  const flags = bytes[at + 5]!;
  const bodyAt = at + HEADER_BYTES + bytes[at + SEGMENT_COUNT_AT]!;
  return {
    serial: view.getUint32(at + 14, true),
    granule: view.getBigInt64(at + 6, true),
    isContinued: (flags & CONTINUED) !== 0,
    isFirst: (flags & FIRST) !== 0,
    segments: bytes.subarray(at + HEADER_BYTES, bodyAt),
    body: bytes.subarray(bodyAt, at + length),
  };
}

/** CRC-32 of the whole page with its own field as zeros: polynomial 0x04c11db7, not reflected, from 0, not inverted. */
function isIntact(bytes: Uint8Array, view: DataView, start: number, length: number): boolean {
  if (start + length > bytes.length) return false;
  let crc = 0;
  for (let index = 0; index < length; index++) {
    const isChecksum = index >= CHECKSUM_AT && index < CHECKSUM_AT + 4;
    crc = (crc << 8) ^ CRC[(crc >>> 24) ^ (isChecksum ? 0 : bytes[start + index]!)]!;
  }
  return crc >>> 0 === view.getUint32(start + CHECKSUM_AT, true);
}

const CRC = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});
