import { AAC_FRAMES, openAac } from '../codecs/aac';
import { AudioError } from '../audio-error';
import type { AudioStream, Stretch } from '../audio-stream';
import { trimmed } from '../audio-stream';
import { flacHeader, openPackedFlac } from './flac';
import type { Box } from './mp4-boxes';
import { BoxReader, boxes, findBox } from './mp4-boxes';
import { mp4Samples } from './mp4-samples';
import { openMpegPackets } from './mpeg-audio';
import { openOpus } from '../codecs/opus';

/** Sample entries of audio that is not decoded, so that the error can name it. */
const FOREIGN_CODECS: Readonly<Record<string, string>> = {
  alac: 'ALAC',
  'ac-3': 'AC-3',
  'ec-3': 'E-AC-3',
  'ac-4': 'AC-4',
  samr: 'AMR-NB',
  sawb: 'AMR-WB',
  enca: 'encrypted audio',
  dtsc: 'DTS',
  mha1: 'MPEG-H',
  mhm1: 'MPEG-H',
  sowt: 'PCM in QuickTime',
  twos: 'PCM in QuickTime',
  lpcm: 'PCM in QuickTime',
  ipcm: 'PCM in MP4',
  fpcm: 'PCM in MP4',
};

/** Object type indications of what a sample entry `mp4a` holds (ISO/IEC 14496-1, 7.2.6.6; the MP4 Registration Authority). */
const MPEG_4_AAC = 0x40;
const MPEG_2_AAC = [0x66, 0x67, 0x68];
const MPEG_AUDIO = [0x69, 0x6b];
const FOREIGN_OBJECT_TYPES: Readonly<Record<number, string>> = {
  0xa5: 'AC-3',
  0xa6: 'E-AC-3',
  0xa9: 'DTS',
  0xad: 'Opus in MPEG-4 systems',
  0xdd: 'Vorbis in MPEG-4 systems',
  0xe1: 'QCELP',
};

/**
 * MP4, M4A, QuickTime and 3GP with AAC, Opus, FLAC or MP3: tables at the end or at the beginning, or in fragments as
 * MediaRecorder writes them. The first audio track counts; video and further tracks are passed over. The edit list says
 * what the encoder put around the signal.
 *
 * @param bytes the file
 * @throws AudioError `unsupported_format` for another codec or no audio track, `audio_corrupt`
 */
export function openMp4(bytes: Uint8Array): AudioStream {
  const file = { start: 0, end: bytes.length };
  const moov = findBox(bytes, file, 'moov');
  if (!moov) {
    throw new AudioError(
      'audio_corrupt',
      `The MP4 file (${bytes.length} bytes) has no "moov" box, which says where its audio is. ` +
        'Check that it was uploaded whole, from its beginning on.',
    );
  }
  const trak = findAudioTrack(bytes, moov);
  const header = findBox(bytes, trak, 'tkhd');
  const description = findBox(bytes, trak, 'mdia', 'minf', 'stbl', 'stsd');
  if (!header || !description) throw corrupt('is not described');
  const [entry] = boxes(bytes, description.start + 8, description.end);
  if (!entry) throw corrupt('is not described');
  const trackHeader = new BoxReader(bytes, header);
  const trackId = trackHeader.u32(trackHeader.u8(0) === 1 ? 20 : 12);
  return openSamples(
    bytes,
    entry,
    () => mp4Samples(bytes, moov, trak, trackId),
    (sampleRateHz) => editedStretch(bytes, moov, trak, sampleRateHz),
  );
}

function openSamples(
  bytes: Uint8Array,
  entry: Box,
  packets: () => Iterable<Uint8Array>,
  stretch: (sampleRateHz: number) => Stretch,
): AudioStream {
  const children = childrenOfEntry(bytes, entry);
  switch (entry.type) {
    case 'mp4a': {
      const descriptor = findBox(bytes, children, 'esds') ?? findBox(bytes, children, 'wave', 'esds');
      const { objectType, configuration } = readEsds(bytes, descriptor);
      if (MPEG_AUDIO.includes(objectType)) return openMpegPackets('mp4', packets, stretch);
      if (objectType !== MPEG_4_AAC && !MPEG_2_AAC.includes(objectType)) {
        throw unsupported(FOREIGN_OBJECT_TYPES[objectType] ?? `object type 0x${objectType.toString(16)}`);
      }
      return openAac(
        'mp4',
        configuration,
        function* () {
          for (const packet of packets()) yield { bytes: packet, frames: AAC_FRAMES };
        },
        stretch,
      );
    }
    case 'Opus':
      return openMp4Opus(bytes, findBox(bytes, children, 'dOps'), packets, stretch);
    case 'fLaC': {
      const box = findBox(bytes, children, 'dfLa');
      const streamInfo = box ? bytes.subarray(box.start + 8, box.end) : new Uint8Array(0);
      const { blocks, ...stream } = openPackedFlac('mp4', flacHeader(streamInfo), packets());
      const { skip, keep } = stretch(stream.source.sampleRateHz);
      return { ...stream, blocks: () => trimmed(blocks(), skip, keep) };
    }
    case '.mp3':
      return openMpegPackets('mp4', packets, stretch);
    default:
      throw unsupported(FOREIGN_CODECS[entry.type] ?? `audio ${JSON.stringify(entry.type)}`);
  }
}

/** Its pre-skip is that of the header; an edit list, which repeats it, says how long the signal is. */
function openMp4Opus(
  bytes: Uint8Array,
  box: Box | undefined,
  packets: () => Iterable<Uint8Array>,
  stretch: (sampleRateHz: number) => Stretch,
): AudioStream {
  if (!box) throw corrupt('has no Opus header');
  const specific = bytes.subarray(box.start, box.end);
  const [version, channels, skipHigh, skipLow, r3, r2, r1, r0, gainHigh, gainLow, family, ...mapping] = specific;
  // big-endian here, little-endian in the header that the decoder knows ("Encapsulation of Opus in ISO Base Media File Format")
  const fields = [version, channels, skipLow, skipHigh, r0, r1, r2, r3, gainLow, gainHigh, family, ...mapping];
  const header = Buffer.concat([Buffer.from('OpusHead', 'latin1'), Uint8Array.from(fields.map((field) => field ?? 0))]);
  header[8] = 1;
  return openOpus('mp4', specific.length < 11 ? new Uint8Array(0) : header, packets, () => stretch(48_000).keep);
}

function findAudioTrack(bytes: Uint8Array, moov: Box): Box {
  let tracks = 0;
  for (const trak of boxes(bytes, moov.start, moov.end)) {
    if (trak.type !== 'trak') continue;
    tracks++;
    const handler = findBox(bytes, trak, 'mdia', 'hdlr');
    if (handler && String.fromCharCode(...bytes.subarray(handler.start + 8, handler.start + 12)) === 'soun')
      return trak;
  }
  throw unsupported(tracks === 0 ? 'no tracks' : 'no audio track');
}

/** A sample entry's own fields come before its children: 28 bytes, in QuickTime's versions 1 and 2 more. */
function childrenOfEntry(bytes: Uint8Array, entry: Box): Pick<Box, 'start' | 'end'> {
  const version = new BoxReader(bytes, entry).u16(8);
  return { start: entry.start + (version === 1 ? 44 : version === 2 ? 64 : 28), end: entry.end };
}

/** Descriptor tags of ISO/IEC 14496-1, 7.2.2.1. */
const ES_DESCRIPTOR = 3;
const DECODER_CONFIG = 4;
const DECODER_SPECIFIC = 5;

/** What is decoded and the decoder's configuration, from descriptors within descriptors. */
function readEsds(bytes: Uint8Array, box: Box | undefined): { objectType: number; configuration: Uint8Array } {
  let objectType = 0;
  if (box) {
    for (let at = box.start + 4; at + 2 <= box.end;) {
      const tag = bytes[at]!;
      let size = 0;
      at++;
      for (let index = 0; index < 4 && at < box.end; index++) {
        const byte = bytes[at++]!;
        size = (size << 7) | (byte & 0x7f);
        if ((byte & 0x80) === 0) break;
      }
      if (tag === ES_DESCRIPTOR) {
        const flags = bytes[at + 2] ?? 0;
        const dependsOn = (flags & 0x80) === 0 ? 0 : 2;
        const url = (flags & 0x40) === 0 ? 0 : 1 + (bytes[at + 3 + dependsOn] ?? 0);
        at += 3 + dependsOn + url + ((flags & 0x20) === 0 ? 0 : 2);
      } else if (tag === DECODER_CONFIG) {
        objectType = bytes[at] ?? 0;
        if (MPEG_AUDIO.includes(objectType)) return { objectType, configuration: new Uint8Array(0) };
        at += 13;
      } else if (tag === DECODER_SPECIFIC) {
        return { objectType, configuration: bytes.subarray(at, Math.min(at + size, box.end)) };
      } else at += size;
    }
  }
  if (objectType !== 0) return { objectType, configuration: new Uint8Array(0) };
  throw corrupt('has no decoder configuration');
}

/** An edit list's media time for an edit of silence. */
const EMPTY_EDIT = -1;

/**
 * The stretch of the signal that the first edit shows (ISO/IEC 14496-12, 8.6.6); from iTunes' own note where there is no
 * edit list. Edits after the first, silence before it and other speeds are not carried out.
 */
function editedStretch(bytes: Uint8Array, moov: Box, trak: Box, sampleRateHz: number): Stretch {
  const list = findBox(bytes, trak, 'edts', 'elst');
  const mediaRate = timescale(bytes, findBox(bytes, trak, 'mdia', 'mdhd'));
  const movieRate = timescale(bytes, findBox(bytes, moov, 'mvhd'));
  if (!list || mediaRate === 0 || movieRate === 0) return iTunesStretch(bytes, moov) ?? { skip: 0 };
  const edits = new BoxReader(bytes, list);
  const isLong = edits.u8(0) === 1;
  const editBytes = isLong ? 20 : 12;
  for (let at = 8; at + editBytes <= edits.length; at += editBytes) {
    const duration = isLong ? edits.u64(at) : edits.u32(at);
    const mediaTime = isLong ? edits.i64(at + 8) : edits.i32(at + 4);
    if (mediaTime === EMPTY_EDIT) continue;
    const skip = Math.max(0, Math.round((mediaTime * sampleRateHz) / mediaRate));
    // fragments are written before their length is known; 0 says so
    return { skip, keep: duration === 0 ? undefined : Math.ceil((duration * sampleRateHz) / movieRate) };
  }
  return { skip: 0 };
}

/** `mdhd` and `mvhd` begin alike. */
function timescale(bytes: Uint8Array, box: Box | undefined): number {
  if (!box) return 0;
  const reader = new BoxReader(bytes, box);
  return reader.u32(reader.u8(0) === 1 ? 20 : 12);
}

/** `iTunSMPB`: hexadecimal numbers, of which the second is the delay, the third the padding and the fourth the length. */
function iTunesStretch(bytes: Uint8Array, moov: Box): Stretch | undefined {
  const metadata = Buffer.from(bytes.buffer, bytes.byteOffset + moov.start, moov.end - moov.start);
  const at = metadata.indexOf('iTunSMPB', 0, 'latin1');
  const text = at === -1 ? '' : metadata.toString('latin1', at, at + 160);
  const numbers = /[0-9A-F]{8} ([0-9A-F]{8}) [0-9A-F]{8} ([0-9A-F]{16})/.exec(text);
  if (!numbers) return undefined;
  return { skip: Number.parseInt(numbers[1]!, 16), keep: Number.parseInt(numbers[2]!, 16) || undefined };
}

function corrupt(fault: string): AudioError {
  return new AudioError('audio_corrupt', `The audio track of the MP4 file ${fault}. Check that it was uploaded whole.`);
}

function unsupported(what: string): AudioError {
  return new AudioError(
    'unsupported_format',
    `Got an MP4 file with ${what}; AAC, Opus, FLAC and MP3 are decoded in it. ` +
      'Convert it, for instance with: ffmpeg -i input -vn -ar 16000 -ac 1 output.wav',
  );
}
