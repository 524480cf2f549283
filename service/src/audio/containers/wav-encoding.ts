import { AudioError } from '../audio-error';
import type { PcmEncoding } from '../codecs/pcm-encoding';
import { PCM } from '../codecs/pcm-encoding';
import type { WavFormat } from './wav-chunks';

/** Format tags, from Microsoft's mmreg.h. */
const TAG = { pcm: 0x0001, float: 0x0003, aLaw: 0x0006, muLaw: 0x0007 } as const;

/** Tags of encodings that are met in WAVE files but not decoded, so that the error can name them. */
const FOREIGN_ENCODINGS: ReadonlyMap<number, string> = new Map([
  [0x0002, 'Microsoft ADPCM'],
  [0x0011, 'IMA ADPCM'],
  [0x0031, 'GSM 6.10'],
  [0x0040, 'G.721 ADPCM'],
  [0x0045, 'G.726 ADPCM'],
  [0x0050, 'MPEG audio'],
  [0x0055, 'MP3'],
  [0x00ff, 'AAC'],
  [0x0161, 'Windows Media Audio'],
  [0x1610, 'AAC'],
  [0x2000, 'Dolby AC-3'],
  [0x674f, 'Ogg Vorbis'],
  [0xf1ac, 'FLAC'],
]);

/**
 * 8-bit PCM is the only unsigned one (Multimedia Programming Interface and Data Specifications 1.0, "Data Format of the
 * Samples").
 */
const PCM_BY_BYTES: Readonly<Record<number, PcmEncoding>> = { 1: PCM.u8, 2: PCM.s16le, 3: PCM.s24le, 4: PCM.s32le };

const FLOAT_BY_BITS: Readonly<Record<number, PcmEncoding>> = { 32: PCM.f32le, 64: PCM.f64le };

/**
 * The encoding that a `fmt ` chunk names.
 *
 * @throws AudioError `unsupported_format`
 */
export function wavEncoding(format: WavFormat): PcmEncoding {
  switch (format.tag) {
    case TAG.pcm:
      return pcmEncoding(format);
    case TAG.float: {
      const encoding = FLOAT_BY_BITS[format.bitsPerSample];
      if (encoding) return encoding;
      throw unsupported(`float samples of ${format.bitsPerSample} bits`);
    }
    // G.711 is 8 bits by definition: writers that state 0 or 16 (the width after decoding) are believed in the rest.
    case TAG.aLaw:
      return PCM.alaw;
    case TAG.muLaw:
      return PCM.mulaw;
    default: {
      const tag = `format tag 0x${format.tag.toString(16).padStart(4, '0')}`;
      const name = FOREIGN_ENCODINGS.get(format.tag);
      throw unsupported(name === undefined ? tag : `${name} (${tag})`);
    }
  }
}

/**
 * Samples whose width is not a whole number of bytes lie in the upper bits of the next larger container, so that the
 * container's width is all that matters. Of block aligns that contradict the width only one is met in practice, 17 to
 * 24 bits in 4 bytes; any other is taken for an error of the writer.
 */
function pcmEncoding({ bitsPerSample, blockAlign, channels }: WavFormat): PcmEncoding {
  const bytesOfBits = Math.ceil(bitsPerSample / 8);
  const bytesPerSample = bytesOfBits === 3 && blockAlign === 4 * channels ? 4 : bytesOfBits;
  const pcm = PCM_BY_BYTES[bytesPerSample];
  if (!pcm) throw unsupported(`PCM samples of ${bitsPerSample} bits`);
  return pcm;
}

function unsupported(encoding: string): AudioError {
  return new AudioError(
    'unsupported_format',
    `Got a WAV file with ${encoding}; it can hold PCM of 1 to 32 bits, float of 32 or 64 bits, A-law or µ-law. ` +
      'Convert it, for instance with: ffmpeg -i input.wav -c:a pcm_s16le output.wav',
  );
}
