import { AudioError } from './audio-error';

/** A file's container, recognised by its first bytes (never by file name or Content-Type: clients get both wrong). */
export interface Container {
  readonly kind: 'wav' | 'flac';
  /** Where the container begins: after an ID3v2 tag, if one precedes it. */
  readonly offset: number;
}

const SUPPORTED = 'Supported formats: wav (PCM, float, A-law, µ-law), flac.';

/**
 * Recognises the container.
 *
 * @throws AudioError `unsupported_format`, with the name of the container if it is a known one; `audio_empty` for no
 * bytes at all.
 */
export function identifyContainer(bytes: Uint8Array): Container {
  if (bytes.length === 0) {
    throw new AudioError('audio_empty', 'The audio file is empty (0 bytes). Send a file with audio in it.');
  }
  const offset = skipId3v2(bytes);
  const magic = ascii(bytes, offset, 4);
  const form = ascii(bytes, offset + 8, 4);
  if ((magic === 'RIFF' || magic === 'RF64' || magic === 'BW64') && form === 'WAVE') return { kind: 'wav', offset };
  if (magic === 'fLaC') return { kind: 'flac', offset };
  const name = foreignName(bytes, offset, magic, form);
  const got = name === undefined ? `Unrecognised audio data (first bytes: ${hex(bytes, 8)}).` : `Got ${name}.`;
  throw new AudioError(
    'unsupported_format',
    `${got} ${SUPPORTED} Convert it, for instance with: ffmpeg -i input -ar 16000 -ac 1 output.wav`,
  );
}

/** Containers that are met in practice but not decoded, so that the error can say which it saw. */
function foreignName(bytes: Uint8Array, offset: number, magic: string, form: string): string | undefined {
  if (magic === 'OggS') return 'Ogg';
  if (ascii(bytes, offset + 4, 4) === 'ftyp') return 'MP4/M4A';
  if (startsWith(bytes, offset, [0x1a, 0x45, 0xdf, 0xa3])) return 'WebM';
  if (magic === 'RIFX') return 'RIFX (big-endian WAV)';
  if (magic === 'RIFF') return form === 'AVI ' ? 'AVI' : `a RIFF file that is not WAVE (form ${JSON.stringify(form)})`;
  if (magic === 'FORM' && (form === 'AIFF' || form === 'AIFC')) return 'AIFF';
  if (magic === 'caff') return 'CAF';
  if (magic === '.snd') return 'AU';
  if (startsWith(bytes, offset, [0x72, 0x69, 0x66, 0x66, 0x2e, 0x91, 0xcf, 0x11])) return 'Wave64';
  if (ascii(bytes, offset, 5) === '#!AMR') return 'AMR';
  if (startsWith(bytes, offset, [0x30, 0x26, 0xb2, 0x75])) return 'ASF/WMA';
  if (isAdts(bytes, offset)) return 'AAC (ADTS)';
  if (offset > 0 || isMpegAudio(bytes, offset)) return 'MP3';
  return undefined;
}

/** ID3v2: "ID3", version, flags, and a size of four 7-bit bytes (https://id3.org/id3v2.4.0-structure, 3.1). */
function skipId3v2(bytes: Uint8Array): number {
  if (bytes.length < 10 || ascii(bytes, 0, 3) !== 'ID3') return 0;
  const footerBytes = (bytes[5]! & 0x10) === 0 ? 0 : 10;
  const size = bytes.subarray(6, 10).reduce((sum, byte) => (sum << 7) | (byte & 0x7f), 0);
  return 10 + size + footerBytes;
}

/** ADTS: 12 bits of sync, then layer 00. */
function isAdts(bytes: Uint8Array, offset: number): boolean {
  return bytes[offset] === 0xff && ((bytes[offset + 1] ?? 0) & 0xf6) === 0xf0;
}

/** MPEG audio frame header: 11 bits of sync; the reserved version, layer, bit rate and sample rate do not occur. */
function isMpegAudio(bytes: Uint8Array, offset: number): boolean {
  const second = bytes[offset + 1] ?? 0;
  const third = bytes[offset + 2] ?? 0xff;
  return (
    bytes[offset] === 0xff &&
    (second & 0xe0) === 0xe0 &&
    (second & 0x18) !== 0x08 &&
    (second & 0x06) !== 0 &&
    (third & 0xf0) !== 0xf0 &&
    (third & 0x0c) !== 0x0c
  );
}

function startsWith(bytes: Uint8Array, offset: number, expected: readonly number[]): boolean {
  return expected.every((value, index) => bytes[offset + index] === value);
}

function ascii(bytes: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + length));
}

function hex(bytes: Uint8Array, length: number): string {
  return Array.from(bytes.subarray(0, length), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
