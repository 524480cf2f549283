import { findAdtsFrame, isAdtsHeader } from './adts';
import { AudioError } from '../audio-error';
import type { ContainerName } from '../decoded-audio';
import { findMpegFrame, readMpegHeader } from './mpeg-header';

/** A container that bytes tell of themselves. */
export type ContainerKind = Exclude<ContainerName, 'raw'>;

/** A file's container, recognised by its first bytes (never by file name or Content-Type: clients get both wrong). */
export interface Container {
  readonly kind: ContainerKind;
  /** Where the container begins: after ID3v2 tags, if any precede it. */
  readonly offset: number;
}

const SUPPORTED =
  'Supported formats: wav, aiff, au, flac, mp3, ogg (Opus, Vorbis, FLAC), webm, mp4/m4a (AAC, Opus, FLAC, MP3), aac (ADTS).';

/** Broken beginnings that are searched for frames of MP3 and AAC, which have no beginning of their own. */
const SEARCHED_BYTES = 65_536;

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
  const kind = kindOf(bytes, offset, magic, form);
  if (kind) return { kind, offset };
  const name = foreignName(bytes, offset, magic, form);
  const bare = name === undefined ? findBareFrames(bytes, offset) : undefined;
  if (bare) return bare;
  const start = `first bytes${offset > 0 ? ' behind the ID3v2 tag' : ''}: ${hex(bytes.subarray(offset), 8)}`;
  const got = name === undefined ? `Unrecognised audio data (${start}).` : `Got ${name}.`;
  throw new AudioError(
    'unsupported_format',
    `${got} ${SUPPORTED} Convert it, for instance with: ffmpeg -i input -ar 16000 -ac 1 output.wav`,
  );
}

/** Types of first boxes of MP4 and QuickTime files. */
const FIRST_BOXES = ['ftyp', 'styp', 'moov', 'mdat', 'wide', 'free', 'skip', 'pnot'];

function kindOf(bytes: Uint8Array, offset: number, magic: string, form: string): ContainerKind | undefined {
  if ((magic === 'RIFF' || magic === 'RF64' || magic === 'BW64') && form === 'WAVE') return 'wav';
  if (magic === 'FORM' && (form === 'AIFF' || form === 'AIFC')) return 'aiff';
  if (magic === '.snd') return 'au';
  if (magic === 'fLaC') return 'flac';
  if (magic === 'OggS') return 'ogg';
  if (startsWith(bytes, offset, [0x1a, 0x45, 0xdf, 0xa3])) return 'webm';
  if (FIRST_BOXES.includes(ascii(bytes, offset + 4, 4))) return 'mp4';
  if (isAdtsHeader(bytes, offset)) return 'adts';
  if (readMpegHeader(bytes, offset)) return 'mp3';
  return undefined;
}

/** Frames behind whatever a recorder or a proxy put before them. */
function findBareFrames(bytes: Uint8Array, from: number): Container | undefined {
  const limit = from + SEARCHED_BYTES;
  const mpeg = findMpegFrame(bytes, from, limit);
  const adts = findAdtsFrame(bytes, from, limit);
  if (adts !== undefined && adts < (mpeg ?? Infinity)) return { kind: 'adts', offset: adts };
  return mpeg === undefined ? undefined : { kind: 'mp3', offset: mpeg };
}

/** Containers that are met in practice but not decoded, so that the error can say which it saw. */
function foreignName(bytes: Uint8Array, offset: number, magic: string, form: string): string | undefined {
  if (magic === 'RIFX') return 'RIFX (big-endian WAV)';
  if (magic === 'RIFF') return form === 'AVI ' ? 'AVI' : `a RIFF file that is not WAVE (form ${JSON.stringify(form)})`;
  if (magic === 'caff') return 'CAF';
  if (magic === 'wvpk') return 'WavPack';
  if (magic === 'MAC ') return "Monkey's Audio";
  if (magic === 'ADIF') return 'AAC (ADIF)';
  if (ascii(bytes, offset, 3) === 'FLV') return 'FLV';
  if (startsWith(bytes, offset, [0x72, 0x69, 0x66, 0x66, 0x2e, 0x91, 0xcf, 0x11])) return 'Wave64';
  if (ascii(bytes, offset, 5) === '#!AMR') return 'AMR';
  if (startsWith(bytes, offset, [0x30, 0x26, 0xb2, 0x75])) return 'ASF/WMA';
  if (startsWith(bytes, offset, [0, 0, 1, 0xba])) return 'an MPEG program stream';
  if (bytes[offset] === 0x47 && bytes[offset + 188] === 0x47) return 'an MPEG transport stream';
  return undefined;
}

/** ID3v2: "ID3", version, flags, and a size of four 7-bit bytes (https://id3.org/id3v2.4.0-structure, 3.1). */
function skipId3v2(bytes: Uint8Array): number {
  let at = 0;
  while (at + 10 <= bytes.length && ascii(bytes, at, 3) === 'ID3') {
    const footerBytes = (bytes[at + 5]! & 0x10) === 0 ? 0 : 10;
    const size = bytes.subarray(at + 6, at + 10).reduce((sum, byte) => (sum << 7) | (byte & 0x7f), 0);
    at += 10 + size + footerBytes;
  }
  return at;
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
