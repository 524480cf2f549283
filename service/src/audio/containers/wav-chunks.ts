import { AudioError } from '../audio-error';

/** The fields of a `fmt ` chunk, with WAVE_FORMAT_EXTENSIBLE resolved to the tag of its sub-format. */
export interface WavFormat {
  readonly tag: number;
  readonly channels: number;
  readonly sampleRateHz: number;
  readonly blockAlign: number;
  readonly bitsPerSample: number;
}

/** The two chunks of a WAVE file that matter here. */
export interface WavChunks {
  readonly format: WavFormat;
  readonly data: Uint8Array;
}

interface Chunk {
  readonly id: string;
  /** Of the chunk's contents. */
  readonly start: number;
  /** As the header states it. */
  readonly size: number;
}

const RIFF_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
const FORMAT_BYTES = 16;
const EXTENSIBLE_BYTES = 40;
const EXTENSIBLE_TAG = 0xfffe;
/** In RF64 and BW64 a size that stands in the `ds64` chunk; from streaming writers, one that was not known. */
const UNKNOWN_SIZE = 0xffff_ffff;

/**
 * Tails of the sub-format GUIDs whose first two bytes are a format tag: KSDATAFORMAT_SUBTYPE_* of Microsoft's
 * ksmedia.h, and those of the Ambisonic B-format.
 */
const TAGGED_GUID_TAILS = ['000000001000800000aa00389b71', '00002107d3118644c8c1ca000000'];

/**
 * Finds `fmt ` and `data` among the chunks of a WAVE file. Other chunks, before or between or after them, are passed
 * over; the first of each kind counts.
 *
 * @param bytes the file, beginning with its RIFF header
 * @throws AudioError `audio_corrupt` if either is missing or too short
 */
export function readWavChunks(bytes: Uint8Array): WavChunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let format: WavFormat | undefined;
  let data: Uint8Array | undefined;
  let dataSize64 = UNKNOWN_SIZE;
  let at = RIFF_HEADER_BYTES;
  while (at + CHUNK_HEADER_BYTES <= bytes.length && !(format && data)) {
    const chunk = chunkAt(view, at);
    let end = chunk.start + chunk.size;
    if (chunk.id === 'ds64' && chunk.size >= 16 && end <= bytes.length) {
      dataSize64 = Number(view.getBigUint64(chunk.start + 8, true));
    } else if (chunk.id === 'fmt ' && !format) {
      format = readFormat(view, chunk);
    } else if (chunk.id === 'data' && !data) {
      end = dataEnd(view, chunk, dataSize64);
      data = bytes.subarray(chunk.start, end);
    }
    at = nextChunk(view, end);
  }
  if (!format) throw corrupt('has no "fmt " chunk');
  if (!data) throw corrupt('has no "data" chunk');
  return { format, data };
}

/**
 * Chunks that may stand before `fmt ` where it is looked for in a moment. Writers put at most `JUNK` or `ds64`, `bext`
 * and `iXML` there; a file made to hurt has millions.
 */
const MAX_LEADING_CHUNKS = 16;

/**
 * The `fmt ` chunk that {@link readWavChunks} finds, if it is among the first chunks and before `data`; cheap, whatever
 * the file holds.
 *
 * @throws AudioError `audio_corrupt` if it is too short
 */
export function readLeadingWavFormat(bytes: Uint8Array): WavFormat | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = RIFF_HEADER_BYTES;
  for (let count = 0; count < MAX_LEADING_CHUNKS && at + CHUNK_HEADER_BYTES <= bytes.length; count++) {
    const chunk = chunkAt(view, at);
    if (chunk.id === 'fmt ') return readFormat(view, chunk);
    if (chunk.id === 'data') return undefined;
    at = nextChunk(view, chunk.start + chunk.size);
  }
  return undefined;
}

function chunkAt(view: DataView, at: number): Chunk {
  const id = String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at, 4));
  return { id, start: at + CHUNK_HEADER_BYTES, size: view.getUint32(at + 4, true) };
}

/** Chunks begin at even offsets; writers that forget the padding byte after an odd size are followed too. */
function nextChunk(view: DataView, end: number): number {
  if (end % 2 === 0) return end;
  return isChunkId(view, end) && !isChunkId(view, end + 1) ? end : end + 1;
}

/** Chunk identifiers are four printable ASCII characters. */
function isChunkId(view: DataView, at: number): boolean {
  if (at + CHUNK_HEADER_BYTES > view.byteLength) return false;
  return /^[\x20-\x7e]{4}$/.test(chunkAt(view, at).id);
}

function readFormat(view: DataView, { start, size }: Chunk): WavFormat {
  const available = Math.min(size, view.byteLength - start);
  if (available < FORMAT_BYTES) {
    throw corrupt(`has a "fmt " chunk of ${available} bytes where at least ${FORMAT_BYTES} are needed`);
  }
  const tag = view.getUint16(start, true);
  return {
    tag: tag === EXTENSIBLE_TAG && available >= EXTENSIBLE_BYTES ? subFormatTag(view, start + 24) : tag,
    channels: view.getUint16(start + 2, true),
    sampleRateHz: view.getUint32(start + 4, true),
    blockAlign: view.getUint16(start + 12, true),
    bitsPerSample: view.getUint16(start + 14, true),
  };
}

function subFormatTag(view: DataView, at: number): number {
  const tail = Buffer.from(view.buffer, view.byteOffset + at + 2, 14).toString('hex');
  return TAGGED_GUID_TAILS.includes(tail) ? view.getUint16(at, true) : EXTENSIBLE_TAG;
}

/** Where the audio ends: where the header says, unless that cannot be. */
function dataEnd(view: DataView, { start, size }: Chunk, dataSize64: number): number {
  const stated = size === UNKNOWN_SIZE ? dataSize64 : size;
  const isUnfilled = stated === UNKNOWN_SIZE || (stated === 0 && !isChunkChain(view, start));
  return isUnfilled ? view.byteLength : Math.min(start + stated, view.byteLength);
}

/** Whether nothing but whole chunks lies from here to the end, as after an empty data chunk that is truly empty. */
function isChunkChain(view: DataView, from: number): boolean {
  let at = from;
  while (isChunkId(view, at)) {
    const { start, size } = chunkAt(view, at);
    at = start + size + (size % 2);
  }
  return at === view.byteLength || at === view.byteLength + 1;
}

function corrupt(fault: string): AudioError {
  return new AudioError('audio_corrupt', `The WAV file ${fault}. Check that it was uploaded whole.`);
}
