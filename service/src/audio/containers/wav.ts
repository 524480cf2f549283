import type { AudioStream } from '../audio-stream';
import { pcmStream } from '../codecs/pcm-stream';
import { readWavChunks } from './wav-chunks';
import { wavEncoding } from './wav-encoding';

/**
 * WAVE audio: RIFF, RF64 or BW64, PCM of 1 to 32 bits, float of 32 or 64 bits, A-law or µ-law, any number of channels,
 * plain or WAVE_FORMAT_EXTENSIBLE.
 *
 * Headers that lie are read as players read them: the size of the RIFF is ignored, a data size beyond the end of the
 * file, of 0xFFFFFFFF or of 0 before more bytes (streaming writers cannot go back to fill it in) means all that
 * follows, a partial last frame is dropped, an impossible block align is recomputed.
 *
 * @param bytes the file, beginning with its RIFF header
 * @throws AudioError `audio_corrupt`, `audio_empty` or `unsupported_format`
 */
export function openWav(bytes: Uint8Array): AudioStream {
  const { format, data } = readWavChunks(bytes);
  const { sampleRateHz, channels } = format;
  return pcmStream({ container: 'wav', encoding: wavEncoding(format), sampleRateHz, channels, data });
}
