import { AudioError } from './audio-error';
import { identifyContainer } from './container';
import type { AudioSource, DecodedAudio } from './decoded-audio';
import { TARGET_SAMPLE_RATE_HZ } from './decoded-audio';
import { decodeFlac } from './flac';
import { readFlacStream } from './flac-stream';
import { Resampler } from './resampler';
import { SampleBuffer } from './sample-buffer';
import { assertSampleRate } from './sample-rate';
import { detectSpeech } from './voice-activity';
import { readWav } from './wav';

/** Limits of one decoding. */
export interface DecodeLimits {
  /** Longest audio that is decoded, in seconds. */
  readonly maxDurationS: number;
}

const BLOCK_FRAMES = 4096;

/**
 * Decodes a whole file to 16 kHz mono and finds the speech in it. Memory beyond the result stays small, because audio
 * is decoded, mixed down and resampled block by block.
 *
 * @param bytes the file: WAV or FLAC, recognised by its contents
 * @throws AudioError for whatever is wrong with the bytes, and nothing else
 */
export async function decodeAudio(bytes: Uint8Array, limits: DecodeLimits): Promise<DecodedAudio> {
  const { kind, offset } = identifyContainer(bytes);
  const contents = bytes.subarray(offset);
  const { samples, source } = kind === 'wav' ? decodeWavFile(contents, limits) : await decodeFlacFile(contents, limits);
  return { samples, durationS: samples.length / TARGET_SAMPLE_RATE_HZ, speech: detectSpeech(samples), source };
}

interface Decoded {
  readonly samples: Float32Array;
  readonly source: AudioSource;
}

function decodeWavFile(bytes: Uint8Array, { maxDurationS }: DecodeLimits): Decoded {
  const { encoding, sampleRateHz, channels, frameCount, readMono } = readWav(bytes);
  if (frameCount > maxDurationS * sampleRateHz) throw tooLong(frameCount / sampleRateHz, maxDurationS);
  const collector = new SampleCollector(sampleRateHz, frameCount);
  const block = new Float32Array(Math.min(BLOCK_FRAMES, frameCount));
  for (let frame = 0; frame < frameCount; frame += block.length) {
    const part = block.subarray(0, Math.min(block.length, frameCount - frame));
    readMono(frame, part);
    collector.push(part);
  }
  return { samples: collector.finish(), source: { container: 'wav', encoding, sampleRateHz, channels } };
}

async function decodeFlacFile(bytes: Uint8Array, { maxDurationS }: DecodeLimits): Promise<Decoded> {
  const stream = readFlacStream(bytes);
  const { sampleRateHz, channels } = stream;
  assertSampleRate(sampleRateHz);
  const maxSamples = maxDurationS * sampleRateHz;
  const collector = new SampleCollector(sampleRateHz);
  await decodeFlac(
    stream,
    maxSamples,
    (found) => tooLong(found / sampleRateHz, maxDurationS),
    (samples) => {
      collector.push(samples);
    },
  );
  return { samples: collector.finish(), source: { container: 'flac', encoding: 'flac', sampleRateHz, channels } };
}

/** Takes mono blocks at the source's rate and ends as samples at the target rate. */
class SampleCollector {
  private readonly resampler: Resampler | undefined;
  private readonly buffer: SampleBuffer;

  /** @param samples how many will come, where that is sure and not a header's claim */
  constructor(sampleRateHz: number, samples?: number) {
    this.resampler =
      sampleRateHz === TARGET_SAMPLE_RATE_HZ ? undefined : new Resampler(sampleRateHz, TARGET_SAMPLE_RATE_HZ);
    this.buffer = new SampleBuffer(
      samples === undefined ? undefined : (this.resampler?.outputLengthFor(samples) ?? samples),
    );
  }

  push(samples: Float32Array): void {
    if (this.resampler) this.resampler.push(samples, this.buffer);
    else this.buffer.extend(samples.length).set(samples);
  }

  finish(): Float32Array {
    this.resampler?.finish(this.buffer);
    return this.buffer.take();
  }
}

function tooLong(durationS: number, maxDurationS: number): AudioError {
  return new AudioError(
    'audio_too_long',
    `The audio lasts at least ${durationS.toFixed(1)} s; at most ${maxDurationS} s are accepted. Split it into parts.`,
  );
}
