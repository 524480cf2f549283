import { AudioError } from './audio-error';
import type { FlacStream } from './flac-stream';

/** Receives decoded mono samples in order; what it throws ends the decoding. */
export type SampleSink = (samples: Float32Array) => void;

/**
 * Decodes a FLAC stream frame by frame with libFLAC (compiled to WebAssembly: hostile bytes stay in its sandbox), each
 * sample the mean of its channels. Damaged frames are passed over; where they stood, silence keeps the time.
 *
 * Only FLAC's own framing is read. FLAC in Ogg is not: `identifyContainer` refuses it by name.
 *
 * @param maxSamples most samples a channel that may come out
 * @throws AudioError `audio_too_long` as soon as the frames found add up to more than `maxSamples`, before the frame
 * that exceeds it is decoded; `audio_corrupt` if there are frames but none can be decoded; `audio_empty` if there is
 * none
 */
export async function decodeFlac(
  stream: FlacStream,
  maxSamples: number,
  tooLong: (samples: number) => AudioError,
  sink: SampleSink,
): Promise<void> {
  if (stream.statedSamples > maxSamples) throw tooLong(stream.statedSamples);
  // loaded only when needed: the module and its WebAssembly memory are several times the size of everything else here
  const { FLACDecoder } = await import('@wasm-audio-decoders/flac');
  const decoder = new FLACDecoder();
  await decoder.ready;
  try {
    await decoder.decodeFrames([stream.header]);
    let total = 0;
    let decoded = 0;
    for (const frame of stream.frames()) {
      total += frame.lostSamples + frame.blockSize;
      if (total > maxSamples) throw tooLong(total);
      if (frame.lostSamples > 0) sink(new Float32Array(frame.lostSamples));
      const { channelData, samplesDecoded } = await decoder.decodeFrames([frame.bytes]);
      decoded += samplesDecoded;
      sink(samplesDecoded === frame.blockSize ? mean(channelData) : new Float32Array(frame.blockSize));
    }
    if (total === 0 && stream.statedSamples === 0) {
      throw new AudioError('audio_empty', 'The FLAC file holds no audio. Send a file with audio in it.');
    }
    if (decoded === 0) {
      throw new AudioError(
        'audio_corrupt',
        `None of the ${stream.statedSamples} samples that the FLAC header names could be decoded. ` +
          'Check that it was uploaded whole.',
      );
    }
  } finally {
    decoder.free();
  }
}

function mean(channels: readonly Float32Array[]): Float32Array {
  const [first, ...others] = channels;
  const sum = first!;
  for (const channel of others) for (let index = 0; index < sum.length; index++) sum[index]! += channel[index]!;
  for (let index = 0; index < sum.length; index++) sum[index]! /= channels.length;
  return sum;
}
