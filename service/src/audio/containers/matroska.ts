import { openAac, AAC_FRAMES } from '../codecs/aac';
import { AudioError } from '../audio-error';
import type { AudioStream } from '../audio-stream';
import type { EbmlElement } from './ebml';
import { ebmlChildren, ebmlFloat, ebmlUint, readEbmlElement, readEbmlNumber } from './ebml';
import { openPackedFlac } from './flac';
import { openMpegPackets } from './mpeg-audio';
import { openOpus } from '../codecs/opus';
import type { PcmEncoding } from '../codecs/pcm-encoding';
import { PCM } from '../codecs/pcm-encoding';
import { pcmPackets } from '../codecs/pcm-stream';
import { openVorbis } from '../codecs/vorbis';

/** Element ids of Matroska (RFC 9559, 5). */
const ID = {
  segment: 0x18538067,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackType: 0x83,
  codecId: 0x86,
  codecPrivate: 0x63a2,
  contentEncodings: 0x6d80,
  audio: 0xe1,
  samplingFrequency: 0xb5,
  channels: 0x9f,
  bitDepth: 0x6264,
  cluster: 0x1f43b675,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
} as const;

const AUDIO_TRACK = 2;

interface AudioTrack {
  readonly number: number;
  readonly codecId: string;
  readonly codecPrivate: Uint8Array;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly bitDepth: number;
  readonly isEncoded: boolean;
}

/**
 * WebM and Matroska with Opus, Vorbis, AAC, FLAC, MP3 or PCM, also as MediaRecorder writes it: without a duration, segment
 * and clusters of unknown size. The first audio track counts; video and further tracks are passed over.
 *
 * @param bytes the file, beginning with its EBML header
 * @throws AudioError `unsupported_format` for another codec or no audio track, `audio_corrupt`
 */
export function openMatroska(bytes: Uint8Array): AudioStream {
  const track = findAudioTrack(bytes);
  const { codecId, codecPrivate, sampleRateHz, channels } = track;
  const packets = (): Iterable<Uint8Array> => packetsOf(bytes, track.number);
  if (track.isEncoded) throw unsupported(`${codecId} in compressed or encrypted blocks`);
  switch (codecId.replace(/\/MPEG.*$/, '').replace(/\0+$/, '')) {
    case 'A_OPUS':
      return openOpus('webm', codecPrivate, packets);
    case 'A_VORBIS': {
      const [identification, , setup] = xiphLaced(codecPrivate);
      return openVorbis('webm', identification ?? new Uint8Array(0), setup ?? new Uint8Array(0), packets);
    }
    case 'A_AAC':
      return openAac('webm', codecPrivate, function* () {
        for (const packet of packets()) yield { bytes: packet, frames: AAC_FRAMES };
      });
    case 'A_FLAC':
      return openPackedFlac('webm', codecPrivate, packets());
    case 'A_MPEG/L3':
    case 'A_MPEG/L2':
    case 'A_MPEG/L1':
      return openMpegPackets('webm', packets);
    case 'A_PCM/INT/LIT':
    case 'A_PCM/INT/BIG':
    case 'A_PCM/FLOAT/IEEE': {
      const encoding = pcmEncoding(track);
      if (!encoding) throw unsupported(`${codecId} of ${track.bitDepth} bits`);
      return pcmPackets({ container: 'webm', encoding, sampleRateHz, channels, packets });
    }
    default:
      throw unsupported(`${JSON.stringify(codecId)} audio`);
  }
}

function pcmEncoding({ codecId, bitDepth }: AudioTrack): PcmEncoding | undefined {
  const byBits: Readonly<Record<number, PcmEncoding>> =
    codecId === 'A_PCM/FLOAT/IEEE'
      ? { 32: PCM.f32le, 64: PCM.f64le }
      : codecId === 'A_PCM/INT/LIT'
        ? { 8: PCM.u8, 16: PCM.s16le, 24: PCM.s24le, 32: PCM.s32le }
        : { 8: PCM.u8, 16: PCM.s16be, 24: PCM.s24be, 32: PCM.s32be };
  return byBits[bitDepth];
}

/** Elements of all levels in order, without those that only hold others: what an unknown size hides is in plain sight. */
function* elements(bytes: Uint8Array): Generator<EbmlElement, void, undefined> {
  const containers: readonly number[] = [ID.segment, ID.cluster, ID.tracks, ID.blockGroup];
  let at = 0;
  for (let element = readEbmlElement(bytes, at, bytes.length); element;) {
    if (containers.includes(element.id)) at = element.start;
    else {
      yield element;
      at = element.end;
    }
    element = readEbmlElement(bytes, at, bytes.length);
    for (let from = at + 1; !element && from < bytes.length;) {
      const next = nextCluster(bytes, from);
      if (next === undefined) break;
      element = readEbmlElement(bytes, next, bytes.length);
      from = next + 1;
    }
  }
}

const CLUSTER_ID_BYTES = Buffer.from([0x1f, 0x43, 0xb6, 0x75]);

/** Where reading goes on after damage. */
function nextCluster(bytes: Uint8Array, from: number): number | undefined {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(CLUSTER_ID_BYTES, from);
  return at === -1 ? undefined : at;
}

/** @throws AudioError `unsupported_format` if no track is audio, `audio_corrupt` if there are no tracks at all */
function findAudioTrack(bytes: Uint8Array): AudioTrack {
  let tracks = 0;
  for (const element of elements(bytes)) {
    if (element.id === ID.simpleBlock || element.id === ID.block) break; // tracks come before what is in them
    if (element.id !== ID.trackEntry) continue;
    tracks++;
    const track = readAudioTrack(bytes, element);
    if (track) return track;
  }
  if (tracks > 0) throw unsupported('no audio track');
  throw new AudioError(
    'audio_corrupt',
    `The WebM file (${bytes.length} bytes) has no tracks. Check that it was uploaded whole, from its beginning on.`,
  );
}

function readAudioTrack(bytes: Uint8Array, entry: EbmlElement): AudioTrack | undefined {
  let type = 0;
  let number = 0;
  let codecId = '';
  let codecPrivate = new Uint8Array(0);
  // RFC 9559, 5.1.4.1.29: what counts where the elements are missing
  let sampleRateHz = 8_000;
  let channels = 1;
  let bitDepth = 0;
  let isEncoded = false;
  for (const element of ebmlChildren(bytes, entry)) {
    if (element.id === ID.trackType) type = ebmlUint(bytes, element);
    else if (element.id === ID.trackNumber) number = ebmlUint(bytes, element);
    else if (element.id === ID.codecId)
      codecId = Buffer.from(bytes.subarray(element.start, element.end)).toString('latin1');
    else if (element.id === ID.codecPrivate) codecPrivate = bytes.slice(element.start, element.end);
    else if (element.id === ID.contentEncodings) isEncoded = true;
    else if (element.id === ID.audio) {
      for (const field of ebmlChildren(bytes, element)) {
        if (field.id === ID.samplingFrequency) sampleRateHz = Math.round(ebmlFloat(bytes, field));
        else if (field.id === ID.channels) channels = ebmlUint(bytes, field);
        else if (field.id === ID.bitDepth) bitDepth = ebmlUint(bytes, field);
      }
    }
  }
  if (type !== AUDIO_TRACK) return undefined;
  return { number, codecId, codecPrivate, sampleRateHz, channels, bitDepth, isEncoded };
}

function* packetsOf(bytes: Uint8Array, track: number): Generator<Uint8Array, void, undefined> {
  for (const { id, start, end } of elements(bytes)) {
    if (id !== ID.simpleBlock && id !== ID.block) continue;
    const number = readEbmlNumber(bytes, start, end);
    if (number?.value !== track) continue;
    const flagsAt = start + number.length + 2; // behind the relative timestamp
    if (flagsAt < end) yield* laced(bytes.subarray(flagsAt + 1, end), (bytes[flagsAt]! >> 1) & 3);
  }
}

const NO_LACING = 0;
const XIPH_LACING = 1;
const FIXED_LACING = 2;

/** The frames of a block (RFC 9559, 10.3). */
function* laced(contents: Uint8Array, lacing: number): Generator<Uint8Array, void, undefined> {
  if (lacing === NO_LACING) {
    yield contents;
    return;
  }
  if (lacing === XIPH_LACING) {
    yield* xiphLaced(contents);
    return;
  }
  const count = (contents[0] ?? 0) + 1;
  if (lacing === FIXED_LACING) {
    const size = Math.floor((contents.length - 1) / count);
    for (let index = 0; index < count; index++) yield contents.subarray(1 + index * size, 1 + (index + 1) * size);
    return;
  }
  const sizes: number[] = [];
  let at = 1;
  for (let index = 0; index < count - 1; index++) {
    const coded = readEbmlNumber(contents, at, contents.length);
    if (!coded) return;
    at += coded.length;
    // after the first, differences around the middle of what the length can hold
    sizes.push(index === 0 ? coded.value : sizes[index - 1]! + coded.value - (2 ** (7 * coded.length - 1) - 1));
  }
  for (const size of sizes) {
    if (size < 0 || at + size > contents.length) return;
    yield contents.subarray(at, at + size);
    at += size;
  }
  yield contents.subarray(at);
}

/** Pieces behind their number less one, and their sizes, each a sum of bytes up to the first below 255; the last is the rest. */
function xiphLaced(contents: Uint8Array): Uint8Array[] {
  const count = (contents[0] ?? 0) + 1;
  const sizes: number[] = [];
  let at = 1;
  for (let index = 0; index < count - 1; index++) {
    let size = 0;
    while (contents[at] === 255) {
      size += 255;
      at++;
    }
    size += contents[at++] ?? 0;
    sizes.push(size);
  }
  const pieces: Uint8Array[] = [];
  for (const size of sizes) {
    pieces.push(contents.subarray(at, at + size));
    at += size;
  }
  return [...pieces, contents.subarray(at)];
}

function unsupported(what: string): AudioError {
  return new AudioError(
    'unsupported_format',
    `Got a WebM or Matroska file with ${what}; Opus, Vorbis, AAC, FLAC, MP3 and PCM are decoded in it. ` +
      'Convert it, for instance with: ffmpeg -i input -vn -ar 16000 -ac 1 output.wav',
  );
}
