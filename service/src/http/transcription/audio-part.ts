import { TARGET_SAMPLE_RATE_HZ, type DecodedAudio } from '../../audio/decoded-audio';

/** A part of a recording. */
export interface AudioPart {
  /** Seconds from the recording's beginning. */
  readonly startS: number;
  /** Seconds from the recording's beginning; Infinity is its end. */
  readonly endS: number;
}

/** The recording with silence outside of the part, so that times stay what they are. It is changed in place. */
export function onlyPart(audio: DecodedAudio, { startS, endS }: AudioPart): DecodedAudio {
  const { samples, speech } = audio;
  const start = Math.min(Math.round(startS * TARGET_SAMPLE_RATE_HZ), samples.length);
  const end = Math.min(Math.round(endS * TARGET_SAMPLE_RATE_HZ), samples.length);
  samples.fill(0, 0, start).fill(0, end);
  const inside = speech
    .map(({ startSample, endSample }) => ({
      startSample: Math.max(startSample, start),
      endSample: Math.min(endSample, end),
    }))
    .filter(({ startSample, endSample }) => startSample < endSample);
  return { ...audio, speech: inside };
}
