import { AudioError } from '../audio-error';
import type { AudioStream } from '../audio-stream';
import type { PcmEncoding } from '../codecs/pcm-encoding';
import { PCM } from '../codecs/pcm-encoding';
import { pcmStream } from '../codecs/pcm-stream';

const HEADER_BYTES = 24;
/** From writers that could not go back. */
const UNKNOWN_SIZE = 0xffff_ffff;

/** By their number in the header (Oracle, "Header file for audio", audio_filehdr). */
const ENCODINGS: Readonly<Record<number, PcmEncoding>> = {
  1: PCM.mulaw,
  2: PCM.s8,
  3: PCM.s16be,
  4: PCM.s24be,
  5: PCM.s32be,
  6: PCM.f32be,
  7: PCM.f64be,
  27: PCM.alaw,
};

/**
 * AU, also known as SND: the format of Sun and NeXT.
 *
 * @param bytes the file, beginning with `.snd`
 * @throws AudioError `audio_corrupt`, `audio_empty` or `unsupported_format`
 */
export function openAu(bytes: Uint8Array): AudioStream {
  if (bytes.length < HEADER_BYTES) {
    throw new AudioError(
      'audio_corrupt',
      `The AU file ends within its header (${bytes.length} bytes, ${HEADER_BYTES} are needed). ` +
        'Check that it was uploaded whole.',
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [start, size, number, sampleRateHz, channels] = [4, 8, 12, 16, 20].map((at) => view.getUint32(at)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const encoding = ENCODINGS[number];
  if (!encoding) {
    throw new AudioError(
      'unsupported_format',
      `Got an AU file of encoding ${number}; it can hold PCM, float, A-law or µ-law (${Object.keys(ENCODINGS).join(', ')}). ` +
        'Convert it, for instance with: ffmpeg -i input.au -c:a pcm_s16le output.wav',
    );
  }
  const data = bytes.subarray(start, size === UNKNOWN_SIZE ? bytes.length : start + size);
  return pcmStream({ container: 'au', encoding, sampleRateHz, channels, data });
}
