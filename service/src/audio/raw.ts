import { AudioError } from './audio-error';
import type { AudioStream } from './audio-stream';
import { PCM } from './codecs/pcm-encoding';
import { pcmStream } from './codecs/pcm-stream';
import { SAMPLE_RATE_BOUNDS_HZ } from './sample-rate';

/** Encodings of samples without a header that are met: telephony's, and what audio interfaces give. */
export const RAW_ENCODINGS = ['s16le', 's16be', 'f32le', 'mulaw', 'alaw'] as const;

/** Format of samples without a header, as the caller knows it. */
export interface RawFormat {
  readonly encoding: (typeof RAW_ENCODINGS)[number];
  /** In Hz, 1000 to 768000. */
  readonly sampleRateHz: number;
  /** 1 to {@link MAX_RAW_CHANNELS}, interleaved. */
  readonly channels: number;
}

/** Far more than anyone sends; WAV and AIFF count channels in 16 bits, but nothing proves a number without a header. */
export const MAX_RAW_CHANNELS = 64;

/**
 * Audio that is samples and nothing else.
 *
 * @throws AudioError `invalid_value` for a format that cannot be, `audio_empty` for not one sample a channel
 */
export function openRaw(bytes: Uint8Array, { encoding, sampleRateHz, channels }: RawFormat): AudioStream {
  const { min, max } = SAMPLE_RATE_BOUNDS_HZ;
  if (!RAW_ENCODINGS.includes(encoding)) throw invalid('encoding', encoding, `one of ${RAW_ENCODINGS.join(', ')}`);
  if (!isWhole(sampleRateHz, min, max)) throw invalid('sample rate', sampleRateHz, `${min} to ${max} Hz`);
  if (!isWhole(channels, 1, MAX_RAW_CHANNELS)) throw invalid('channels', channels, `1 to ${MAX_RAW_CHANNELS}`);
  return pcmStream({ container: 'raw', encoding: PCM[encoding], sampleRateHz, channels, data: bytes });
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

function invalid(field: string, value: unknown, expected: string): AudioError {
  return new AudioError('invalid_value', `The ${field} of raw audio is ${String(value)}; it has to be ${expected}.`);
}
