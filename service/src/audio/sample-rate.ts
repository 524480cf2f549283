import { AudioError } from './audio-error';

/**
 * Bounds of the sample rates that are decoded, in Hz. The lowest in use is telemetry's and toy formats' 4 kHz, the
 * highest DXD's 352.8 and 768 kHz converters; a header outside them is damaged or made to hurt.
 */
export const SAMPLE_RATE_BOUNDS_HZ = { min: 1_000, max: 768_000 } as const;

/** @throws AudioError `audio_corrupt` for a rate outside {@link SAMPLE_RATE_BOUNDS_HZ} */
export function assertSampleRate(sampleRateHz: number): void {
  const { min, max } = SAMPLE_RATE_BOUNDS_HZ;
  if (sampleRateHz < min || sampleRateHz > max) {
    throw new AudioError(
      'audio_corrupt',
      `The header names a sample rate of ${sampleRateHz} Hz; between ${min} and ${max} Hz can be decoded. ` +
        'Check how the file was written.',
    );
  }
}
