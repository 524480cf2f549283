import { AudioError } from './audio-error';
import type { AudioStream } from './audio-stream';
import type { ContainerKind } from './containers/identify-container';
import { identifyContainer } from './containers/identify-container';
import type { DecodedAudio } from './decoded-audio';
import { TARGET_SAMPLE_RATE_HZ } from './decoded-audio';
import { openAdts } from './containers/adts';
import { openAiff } from './containers/aiff';
import { openAu } from './containers/au';
import { openFlac } from './containers/flac';
import { openMatroska } from './containers/matroska';
import { openMp4 } from './containers/mp4';
import { openMpegAudio } from './containers/mpeg-audio';
import { openOgg } from './containers/ogg';
import type { RawFormat } from './raw';
import { openRaw } from './raw';
import { openWav } from './containers/wav';
import { MonoMixer } from './mono-mixer';
import { Resampler } from './resampling/resampler';
import { SampleBuffer } from './sample-buffer';
import { assertSampleRate } from './sample-rate';
import { detectSpeech } from './voice-activity';

/** What the caller knows and wants of one decoding. */
export interface DecodeOptions {
  /** Longest audio that is decoded, in seconds. */
  readonly maxDurationS: number;
  /** Index of the one channel to decode, from 0 on; by default the mean of all. */
  readonly channel?: number;
  /** Format of bytes that are nothing but samples; by default the bytes tell what they are. */
  readonly format?: RawFormat;
}

const OPEN: Readonly<Record<ContainerKind, (bytes: Uint8Array) => AudioStream>> = {
  wav: openWav,
  aiff: openAiff,
  au: openAu,
  flac: openFlac,
  mp3: openMpegAudio,
  adts: openAdts,
  ogg: openOgg,
  webm: openMatroska,
  mp4: openMp4,
};

/**
 * Decodes a whole file to 16 kHz mono and finds the speech in it. Memory beyond the result stays small, because audio
 * is decoded, mixed down and resampled block by block (docs/audio.md).
 *
 * @param bytes the file, in any format of docs/audio.md, recognised by its contents
 * @throws AudioError for whatever is wrong with the bytes or the wish, and nothing else
 */
// eslint-disable-next-line @typescript-eslint/require-await -- callers wait for it in a thread of its own
export async function decodeAudio(bytes: Uint8Array, options: DecodeOptions): Promise<DecodedAudio> {
  const stream = openStream(bytes, options.format);
  const samples = collect(stream, options);
  const { source } = stream;
  return { samples, durationS: samples.length / TARGET_SAMPLE_RATE_HZ, speech: detectSpeech(samples), source };
}

function openStream(bytes: Uint8Array, format: RawFormat | undefined): AudioStream {
  if (format) return openRaw(bytes, format);
  const { kind, offset } = identifyContainer(bytes);
  return OPEN[kind](bytes.subarray(offset));
}

/**
 * Most room that is made before anything is decoded: 512 MiB, or 2.3 hours. Untouched room costs address space and no
 * memory; with it, audio of unknown length need not be joined of parts, which would be in memory twice.
 */
const MAX_ROOM_SAMPLES = 2 ** 27;

/** Blocks at the source's rate become mono samples at the target rate; every limit is kept on the way. */
function collect(stream: AudioStream, { maxDurationS, channel }: DecodeOptions): Float32Array {
  const { source, frameCount, claimedFrames = 0 } = stream;
  const { sampleRateHz, channels } = source;
  assertSampleRate(sampleRateHz);
  if (channel !== undefined) assertChannel(channel, channels);
  const maxFrames = maxDurationS * sampleRateHz;
  const tooLong = (frames: number): AudioError => tooLongError(frames / sampleRateHz, maxDurationS);
  const expected = frameCount ?? claimedFrames;
  if (expected > maxFrames) throw tooLong(expected);

  const mixer = new MonoMixer(channel);
  const resampler =
    sampleRateHz === TARGET_SAMPLE_RATE_HZ ? undefined : new Resampler(sampleRateHz, TARGET_SAMPLE_RATE_HZ);
  const mostFrames = frameCount ?? Math.floor(maxFrames);
  const mostSamples = resampler?.outputLengthFor(mostFrames) ?? mostFrames;
  const output = new SampleBuffer(Math.min(mostSamples, MAX_ROOM_SAMPLES));
  let frames = 0;
  for (const block of stream.blocks()) {
    const mono = mixer.mix(block);
    frames += mono.length;
    if (frames > maxFrames) throw tooLong(frames);
    if (resampler) resampler.push(mono, output);
    else output.extend(mono.length).set(mono);
  }
  resampler?.finish(output);
  if (frames === 0) {
    throw new AudioError('audio_empty', `The ${source.container} file holds no audio. Send a file with audio in it.`);
  }
  return output.take();
}

function assertChannel(channel: number, channels: number): void {
  if (Number.isInteger(channel) && channel >= 0 && channel < channels) return;
  throw new AudioError(
    'invalid_value',
    `Channel ${channel} was asked for, but the audio has ${channels} (0 to ${channels - 1}). ` +
      'Ask for one of them, or for none to get the mean of all.',
  );
}

function tooLongError(durationS: number, maxDurationS: number): AudioError {
  return new AudioError(
    'audio_too_long',
    `The audio is longer than the ${maxDurationS} s that are accepted (${durationS.toFixed(1)} s or more). Split it into parts.`,
  );
}
