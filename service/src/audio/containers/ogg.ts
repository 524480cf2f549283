import { AudioError } from '../audio-error';
import type { AudioStream } from '../audio-stream';
import { openPackedFlac } from './flac';
import type { OggPage } from './ogg-pages';
import { oggPages } from './ogg-pages';
import { openOpus } from '../codecs/opus';
import { openVorbis } from '../codecs/vorbis';

/** First packets of audio that is decoded. */
const CODECS = { opus: 'OpusHead', vorbis: '\x01vorbis', flac: '\x7fFLAC' } as const;

/** First packets of audio that is not, so that the error can name it. */
const FOREIGN_CODECS: Readonly<Record<string, string>> = {
  'Speex   ': 'Speex',
  'PCM     ': 'PCM in Ogg',
  '\x80theora': 'Theora video and no audio',
  '\x01video\0\0\0': 'video and no audio',
};

/** A packet is in memory as a whole: no codec here has one of more than a few kilobytes, except for headers with pictures. */
const MAX_PACKET_BYTES = 2 ** 24;

/** One logical stream of an Ogg file. */
export interface OggStream {
  /** Packets in order, from the first header on; one that is damaged in part is left out. */
  readonly packets: () => Generator<Uint8Array, void, undefined>;
  /** Largest position that any page states: the length of the audio with what was put before it. */
  readonly lastGranule: () => number | undefined;
}

/**
 * Ogg with Opus, Vorbis or FLAC. The first audio stream counts; streams of video or subtitles beside it, and streams
 * that are chained after it, are passed over.
 *
 * @param bytes the file, beginning with its first page
 * @throws AudioError `unsupported_format` for another codec, `audio_corrupt`
 */
export function openOgg(bytes: Uint8Array): AudioStream {
  let foreign: string | undefined;
  for (const page of oggPages(bytes)) {
    if (!page.isFirst) break; // all first pages come before all others
    const start = Buffer.from(page.body.subarray(0, 9)).toString('latin1');
    const stream = oggStream(bytes, page.serial);
    if (start.startsWith(CODECS.opus)) return oggOpus(stream);
    if (start.startsWith(CODECS.vorbis)) return oggVorbis(stream);
    if (start.startsWith(CODECS.flac)) return openPackedFlac('ogg', page.body, stream.packets());
    foreign ??= Object.entries(FOREIGN_CODECS).find(([magic]) => start.startsWith(magic))?.[1];
  }
  if (foreign === undefined) {
    throw new AudioError(
      'audio_corrupt',
      `The Ogg file (${bytes.length} bytes) has no whole page that begins audio. Check that it was uploaded whole.`,
    );
  }
  throw new AudioError(
    'unsupported_format',
    `Got ${foreign}; Opus, Vorbis and FLAC are decoded in Ogg. ` +
      'Convert it, for instance with: ffmpeg -i input.ogg -ar 16000 -ac 1 output.wav',
  );
}

function oggOpus(stream: OggStream): AudioStream {
  const packets = stream.packets();
  const header = packets.next().value ?? new Uint8Array(0);
  packets.next(); // OpusTags
  return openOpus(
    'ogg',
    header,
    () => packets,
    () => lengthWithout(stream, header[10]! | (header[11]! << 8)),
  );
}

function oggVorbis(stream: OggStream): AudioStream {
  const packets = stream.packets();
  const [identification, , setup] = [packets.next(), packets.next(), packets.next()].map(
    ({ value }) => value ?? new Uint8Array(0),
  );
  return openVorbis(
    'ogg',
    identification!,
    setup!,
    () => packets,
    () => lengthWithout(stream, 0),
  );
}

/** The length that the last page states, less what was put before the signal; nothing if it makes no sense. */
function lengthWithout(stream: OggStream, start: number): number | undefined {
  const last = stream.lastGranule();
  return last === undefined || last <= start ? undefined : last - start;
}

function oggStream(bytes: Uint8Array, serial: number): OggStream {
  return {
    packets: () => packetsOf(pagesOf(bytes, serial)),
    lastGranule: () => {
      let last: bigint | undefined;
      for (const { granule } of pagesOf(bytes, serial)) if (granule >= 0n && granule > (last ?? -1n)) last = granule;
      return last === undefined ? undefined : Number(last);
    },
  };
}

function* pagesOf(bytes: Uint8Array, serial: number): Generator<OggPage, void, undefined> {
  for (const page of oggPages(bytes)) if (page.serial === serial) yield page;
}

/** Segments of 255 bytes go on in the next one, the last of a page in the next page. */
function* packetsOf(pages: Iterable<OggPage>): Generator<Uint8Array, void, undefined> {
  let begun: Uint8Array[] = [];
  let begunBytes = 0;
  let isWhole = true;
  for (const { isContinued, segments, body } of pages) {
    if (!isContinued || begunBytes === 0) {
      isWhole = !isContinued; // the beginning of what goes on here was lost
      begun = [];
      begunBytes = 0;
    }
    let start = 0;
    let end = 0;
    for (const length of segments) {
      end += length;
      if (length === 255 && begunBytes + end - start <= MAX_PACKET_BYTES) continue;
      if (isWhole)
        yield begun.length === 0 ? body.subarray(start, end) : Buffer.concat([...begun, body.subarray(start, end)]);
      begun = [];
      begunBytes = 0;
      isWhole = true;
      start = end;
    }
    if (end > start) {
      begun.push(body.subarray(start, end));
      begunBytes += end - start;
    }
  }
}
