import { AudioError } from '../audio-error';
import type { AudioStream } from '../audio-stream';
import type { PcmEncoding } from '../codecs/pcm-encoding';
import { PCM } from '../codecs/pcm-encoding';
import { pcmStream } from '../codecs/pcm-stream';

const FORM_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
/** Channels, number of frames, sample size and sample rate. */
const COMM_BYTES = 18;
/** Offset and block size, before the samples. */
const SSND_HEADER_BYTES = 8;

interface CommonChunk {
  readonly channels: number;
  readonly sampleBits: number;
  readonly sampleRateHz: number;
  /** Four characters; `NONE` in AIFF. */
  readonly compression: string;
}

/** Encodings of AIFF-C besides integer PCM, by their compression type in lower case, as all writers mean them. */
const ENCODINGS: Readonly<Record<string, PcmEncoding>> = {
  fl32: PCM.f32be,
  fl64: PCM.f64be,
  alaw: PCM.alaw,
  ulaw: PCM.mulaw,
  'raw ': PCM.u8,
  in24: PCM.s24be,
  in32: PCM.s32be,
};

const BIG_ENDIAN: Readonly<Record<number, PcmEncoding>> = { 1: PCM.s8, 2: PCM.s16be, 3: PCM.s24be, 4: PCM.s32be };
const LITTLE_ENDIAN: Readonly<Record<number, PcmEncoding>> = { 1: PCM.s8, 2: PCM.s16le, 3: PCM.s24le, 4: PCM.s32le };

/**
 * AIFF and AIFF-C (Apple, "Audio Interchange File Format: AIFF-C", 1991): PCM of 1 to 32 bits in either byte order,
 * float of 32 or 64 bits, A-law, µ-law. Sizes that lie are read as WAV's are.
 *
 * @param bytes the file, beginning with its FORM header
 * @throws AudioError `audio_corrupt`, `audio_empty` or `unsupported_format`
 */
export function openAiff(bytes: Uint8Array): AudioStream {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let common: CommonChunk | undefined;
  let data: Uint8Array | undefined;
  for (let at = FORM_HEADER_BYTES; at + CHUNK_HEADER_BYTES <= bytes.length && !(common && data);) {
    const start = at + CHUNK_HEADER_BYTES;
    const size = view.getUint32(at + 4);
    const contents = bytes.subarray(start, start + size);
    const id = view.getUint32(at);
    if (id === fourCc('COMM')) common ??= readCommon(contents);
    else if (id === fourCc('SSND')) data ??= soundData(contents, size === 0 ? bytes.subarray(start) : contents);
    at = start + size + (size % 2);
  }
  if (!common) throw corrupt('has no COMM chunk');
  if (!data) throw corrupt('has no SSND chunk');
  const { channels, sampleRateHz } = common;
  return pcmStream({ container: 'aiff', encoding: aiffEncoding(common), sampleRateHz, channels, data });
}

/** Recorders that were cut off leave the size at 0: then all that follows is sound. */
function soundData(stated: Uint8Array, toTheEnd: Uint8Array): Uint8Array {
  const chunk = stated.length < SSND_HEADER_BYTES ? toTheEnd : stated;
  if (chunk.length < SSND_HEADER_BYTES) return new Uint8Array(0);
  const offset = new DataView(chunk.buffer, chunk.byteOffset).getUint32(0);
  return chunk.subarray(SSND_HEADER_BYTES + offset);
}

function readCommon(contents: Uint8Array): CommonChunk {
  if (contents.length < COMM_BYTES) {
    throw corrupt(`has a COMM chunk of ${contents.length} bytes where at least ${COMM_BYTES} are needed`);
  }
  const view = new DataView(contents.buffer, contents.byteOffset, contents.length);
  return {
    channels: view.getUint16(0),
    sampleBits: view.getUint16(6),
    sampleRateHz: Math.round(extendedFloat(view, 8)),
    compression: contents.length >= COMM_BYTES + 4 ? String.fromCharCode(...contents.subarray(18, 22)) : 'NONE',
  };
}

/** The 80-bit float of the Motorola 68881: sign and 15 bits of exponent, then 64 bits of significand. */
function extendedFloat(view: DataView, at: number): number {
  const exponent = view.getUint16(at) & 0x7fff;
  const significand = view.getUint32(at + 2) * 2 ** 32 + view.getUint32(at + 6);
  return significand * 2 ** (exponent - 16_383 - 63);
}

function aiffEncoding({ compression, sampleBits }: CommonChunk): PcmEncoding {
  const key = compression.toLowerCase();
  const bytesPerSample = Math.ceil(sampleBits / 8);
  const isInteger = key === 'none' || key === 'twos' || key === 'sowt';
  const byWidth = key === 'sowt' ? LITTLE_ENDIAN : BIG_ENDIAN;
  const encoding = isInteger ? byWidth[bytesPerSample] : ENCODINGS[key];
  if (encoding) return encoding;
  const what = isInteger ? `PCM samples of ${sampleBits} bits` : `compression ${JSON.stringify(compression)}`;
  throw new AudioError(
    'unsupported_format',
    `Got an AIFF file with ${what}; it can hold PCM of 1 to 32 bits, float of 32 or 64 bits, A-law or µ-law. ` +
      'Convert it, for instance with: ffmpeg -i input.aiff -c:a pcm_s16le output.wav',
  );
}

function fourCc(text: string): number {
  return Buffer.from(text, 'latin1').readUInt32BE();
}

function corrupt(fault: string): AudioError {
  return new AudioError('audio_corrupt', `The AIFF file ${fault}. Check that it was uploaded whole.`);
}
