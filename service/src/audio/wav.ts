import { AudioError } from './audio-error';
import { readWavChunks } from './wav-chunks';
import type { ReadSample } from './wav-encoding';
import { wavEncoding } from './wav-encoding';
import { assertSampleRate } from './sample-rate';

/** WAVE audio, its header understood and its samples still in place. */
export interface Wav {
  /** FFmpeg's name of the sample encoding, such as `pcm_s16le`. */
  readonly encoding: string;
  readonly sampleRateHz: number;
  readonly channels: number;
  /** Samples of each channel; what is missing from a truncated file is not counted. */
  readonly frameCount: number;
  /** Fills `output` with frames from `startFrame` on, each the mean of its channels, in [-1, 1]. */
  readonly readMono: (startFrame: number, output: Float32Array) => void;
}

/**
 * Reads a WAVE file: RIFF, RF64 or BW64, PCM of 1 to 32 bits, float of 32 or 64 bits, A-law or µ-law, any number of
 * channels, plain or WAVE_FORMAT_EXTENSIBLE.
 *
 * Headers that lie are read as players read them: the size of the RIFF is ignored, a data size beyond the end of the
 * file, of 0xFFFFFFFF or of 0 before more bytes (streaming writers cannot go back to fill it in) means all that
 * follows, a partial last frame is dropped, an impossible block align is recomputed.
 *
 * @param bytes the file, beginning with its RIFF header
 * @throws AudioError `audio_corrupt`, `audio_empty` or `unsupported_format`
 */
export function readWav(bytes: Uint8Array): Wav {
  const { format, data } = readWavChunks(bytes);
  assertSampleRate(format.sampleRateHz);
  if (format.channels === 0) {
    throw new AudioError('audio_corrupt', 'The WAV header names 0 channels. Check how the file was written.');
  }
  const { name, bytesPerSample, read } = wavEncoding(format);
  const frameBytes = bytesPerSample * format.channels;
  const frameCount = Math.floor(data.length / frameBytes);
  if (frameCount === 0) {
    throw new AudioError(
      'audio_empty',
      `The WAV file holds ${data.length} bytes of audio, less than one frame of ${frameBytes} bytes. ` +
        'Send a file with audio in it.',
    );
  }
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return {
    encoding: name,
    sampleRateHz: format.sampleRateHz,
    channels: format.channels,
    frameCount,
    readMono: (startFrame, output) => {
      const start = startFrame * frameBytes;
      if (format.channels === 1) readChannel(view, start, bytesPerSample, read, output);
      else readMean(view, start, bytesPerSample, format.channels, read, output);
    },
  };
}

function readChannel(view: DataView, start: number, step: number, read: ReadSample, output: Float32Array): void {
  for (let frame = 0, at = start; frame < output.length; frame++, at += step) output[frame] = bounded(read(view, at));
}

function readMean(
  view: DataView,
  start: number,
  step: number,
  channels: number,
  read: ReadSample,
  output: Float32Array,
): void {
  let at = start;
  for (let frame = 0; frame < output.length; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, at += step) sum += bounded(read(view, at));
    output[frame] = sum / channels;
  }
}

/** Float files may hold anything: NaN and infinities are silence, what is beyond full scale is clipped. */
function bounded(sample: number): number {
  if (sample >= -1 && sample <= 1) return sample;
  return Number.isFinite(sample) ? Math.sign(sample) : 0;
}
