import type { FLACDecodedAudio, FLACDecoder } from '@wasm-audio-decoders/flac';
import { AudioError } from './audio-error';
import type { FlacFrame, FlacStream } from './flac-stream';

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
  const decoder = new FrameDecoder(stream.header);
  let total = 0;
  let decoded = 0;
  for (const frame of stream.frames()) {
    total += frame.lostSamples + frame.blockSize;
    if (total > maxSamples) throw tooLong(total);
    silence(frame.lostSamples, sink);
    const audio = await decoder.decode(frame);
    if (audio) sink(mean(audio));
    else silence(frame.blockSize, sink);
    decoded += audio?.samplesDecoded ?? 0;
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
}

/** Damaged places after which decoding is given up: each costs a new decoder, and no file that is heard has as many. */
const MAX_RESTARTS = 100;

/** libFLAC, one frame at a time. */
class FrameDecoder {
  private decoder: FLACDecoder | undefined;
  private restarts = 0;

  /** @param streamHeader marker and STREAMINFO */
  constructor(private readonly streamHeader: Uint8Array) {}

  /** The frame's audio, or nothing if it cannot be decoded. */
  async decode({ bytes, blockSize, lostSamples }: FlacFrame): Promise<FLACDecodedAudio | undefined> {
    // After a frame that it misses or cannot read, libFLAC would wait for a place to go on that single frames never give.
    if (lostSamples > 0) this.decoder = undefined;
    this.decoder ??= await this.start();
    // what it throws is a trap in the sandbox: its state is lost, nothing else
    const audio = await this.decoder.decodeFrames([bytes]).catch(() => undefined);
    if (audio?.errors.length === 0 && audio.samplesDecoded === blockSize) return audio;
    this.decoder = undefined;
    return undefined;
  }

  private async start(): Promise<FLACDecoder> {
    if (this.restarts++ > MAX_RESTARTS) {
      throw new AudioError(
        'audio_corrupt',
        `The FLAC file is damaged in more than ${MAX_RESTARTS} places. Check that it was uploaded whole.`,
      );
    }
    // loaded only when needed: the module and its WebAssembly memory are several times the size of all the rest here
    const { FLACDecoder } = await import('@wasm-audio-decoders/flac');
    const decoder = new FLACDecoder();
    await decoder.ready;
    await decoder.decodeFrames([this.streamHeader]);
    return decoder;
  }
}

/** In blocks: a damaged frame number can claim that hours were lost. */
function silence(length: number, sink: SampleSink): void {
  const block = new Float32Array(Math.min(length, 4096));
  for (let remaining = length; remaining > 0; remaining -= block.length) sink(block.subarray(0, remaining));
}

/** The library scales by the largest positive sample, which lets the most negative one stick out of [-1, 1]. */
function mean({ channelData, bitDepth }: FLACDecodedAudio): Float32Array {
  const [sum, ...others] = channelData as [Float32Array, ...Float32Array[]];
  for (const channel of others) for (let index = 0; index < sum.length; index++) sum[index]! += channel[index]!;
  const scale = (1 - 2 ** (1 - bitDepth)) / channelData.length;
  for (let index = 0; index < sum.length; index++) sum[index]! *= scale;
  return sum;
}
