import { AudioError } from '../audio-error';
import type { AudioStream, Block } from '../audio-stream';
import { BLOCK_FRAMES } from '../audio-stream';
import type { ContainerName } from '../decoded-audio';
import type { PcmEncoding } from './pcm-encoding';
import { assertSampleRate } from '../sample-rate';

/** Uncompressed audio, its header understood and its samples still in place. */
export interface Pcm {
  readonly container: ContainerName;
  readonly encoding: PcmEncoding;
  readonly sampleRateHz: number;
  readonly channels: number;
  /** The samples, those of one moment side by side; a partial last frame is left out. */
  readonly data: Uint8Array;
}

/** @throws AudioError `audio_corrupt` for no channels or an impossible rate, `audio_empty` for not one frame */
export function pcmStream({ container, encoding, sampleRateHz, channels, data }: Pcm): AudioStream {
  assertFormat(container, sampleRateHz, channels);
  const frameBytes = encoding.bytesPerSample * channels;
  const frameCount = Math.floor(data.length / frameBytes);
  if (frameCount === 0) {
    throw new AudioError(
      'audio_empty',
      `The ${container} file holds ${data.length} bytes of audio, less than one frame of ${frameBytes} bytes. ` +
        'Send a file with audio in it.',
    );
  }
  return {
    source: { container, encoding: encoding.name, sampleRateHz, channels },
    frameCount,
    blocks: () => pcmBlocks(data.subarray(0, frameCount * frameBytes), encoding, channels),
  };
}

/** Uncompressed audio that a container delivers in packets of whole frames. */
export interface PackedPcm extends Omit<Pcm, 'data'> {
  readonly packets: () => Iterable<Uint8Array>;
}

/** @throws AudioError `audio_corrupt` for no channels or an impossible rate */
export function pcmPackets({ container, encoding, sampleRateHz, channels, packets }: PackedPcm): AudioStream {
  assertFormat(container, sampleRateHz, channels);
  return {
    source: { container, encoding: encoding.name, sampleRateHz, channels },
    blocks: function* () {
      for (const packet of packets()) yield* pcmBlocks(packet, encoding, channels);
    },
  };
}

/** Far more than any file in use has; WAVE's and AIFF's fields can count to 65535. */
const MAX_CHANNELS = 256;

function assertFormat(container: ContainerName, sampleRateHz: number, channels: number): void {
  assertSampleRate(sampleRateHz);
  if (channels >= 1 && channels <= MAX_CHANNELS) return;
  throw new AudioError(
    'audio_corrupt',
    `The header of the ${container} file names ${channels} channels; 1 to ${MAX_CHANNELS} can be decoded. ` +
      'Check how the file was written.',
  );
}

/** Samples in a block of all channels together: of many channels fewer frames each. */
const BLOCK_SAMPLES = 4 * BLOCK_FRAMES;

/** Splits interleaved samples into blocks of planar ones. */
export function* pcmBlocks(
  data: Uint8Array,
  { bytesPerSample, read }: PcmEncoding,
  channels: number,
): Generator<Block, void, undefined> {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const frameBytes = bytesPerSample * channels;
  // Packets of a container may hold a frame or two: room for no more than there is.
  const wholeFrames = Math.floor(data.length / frameBytes);
  const blockFrames = Math.max(1, Math.min(BLOCK_FRAMES, Math.floor(BLOCK_SAMPLES / channels), wholeFrames));
  const planes = Array.from({ length: channels }, () => new Float32Array(blockFrames));
  const end = data.length - (data.length % frameBytes);
  for (let start = 0; start < end; start += blockFrames * frameBytes) {
    const frames = Math.min(blockFrames, (end - start) / frameBytes);
    for (let channel = 0; channel < channels; channel++) {
      const plane = planes[channel]!;
      let at = start + channel * bytesPerSample;
      for (let frame = 0; frame < frames; frame++, at += frameBytes) plane[frame] = read(view, at);
    }
    yield frames === blockFrames ? planes : planes.map((plane) => plane.subarray(0, frames));
  }
}
