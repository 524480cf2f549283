import { SAMPLE_RATE_HZ } from '../whisper/audio-format';
import type { SpeechRegion } from '../whisper/windows';

/** Samples that a detector judges at once: 32 ms, Silero's only choice at 16 kHz. */
export const SPEECH_FRAME_SAMPLES = 512;

/** Speech begins with a frame at least this likely (Silero's `get_speech_timestamps`; whisper.cpp, faster-whisper) … */
const THRESHOLD = 0.5;
/** … and goes on until one is less likely than this (Silero, faster-whisper: threshold − 0.15). */
const NEGATIVE_THRESHOLD = 0.35;

/**
 * Speech shorter than this, in frames that are likely, is dropped. Of 534 spoken prompts of one or a few words 3 are
 * shorter, with Silero's and whisper.cpp's 250 ms 5 would be; with 90 ms, one more of them is kept and twice as much music.
 * (faster-whisper: 0.)
 */
const MIN_SPEECH_MS = 150;

/**
 * Pauses up to this long do not end a region: as the energy gate's, whose pauses stay the ones that audio is cut at
 * (Silero 100 ms, faster-whisper 2000 ms, which is our `joinPauseMs`).
 */
const MIN_SILENCE_MS = 600;

/** Kept on both sides of a region, since soft sounds at the edges of words are not likely speech (faster-whisper). */
const PADDING_MS = 400;

const samplesOf = (milliseconds: number): number => (milliseconds * SAMPLE_RATE_HZ) / 1000;

/**
 * Where somebody speaks, from the probabilities of a detector's frames: Silero's rules (`get_speech_timestamps`).
 *
 * @param totalSamples length of the audio; its last frame may be a part of one
 * @returns regions in order, without overlap, inside the audio
 */
export function speechRegions(probabilities: Float32Array, totalSamples: number): SpeechRegion[] {
  return padded(
    spokenStretches(probabilities, totalSamples).filter(
      ({ startSample, endSample }) => endSample - startSample >= samplesOf(MIN_SPEECH_MS),
    ),
    totalSamples,
  );
}

/** From a likely frame to the first of enough unlikely ones. */
function spokenStretches(probabilities: Float32Array, totalSamples: number): SpeechRegion[] {
  const stretches: SpeechRegion[] = [];
  let startSample: number | undefined;
  /** Where the pause began that may end the stretch. */
  let pauseSample: number | undefined;
  probabilities.forEach((probability, frame) => {
    const sample = frame * SPEECH_FRAME_SAMPLES;
    if (probability >= THRESHOLD) {
      startSample ??= sample;
      pauseSample = undefined;
    } else if (startSample !== undefined) {
      if (probability < NEGATIVE_THRESHOLD) pauseSample ??= sample;
      if (pauseSample !== undefined && sample - pauseSample >= samplesOf(MIN_SILENCE_MS)) {
        stretches.push({ startSample, endSample: pauseSample });
        startSample = pauseSample = undefined;
      }
    }
  });
  if (startSample !== undefined) stretches.push({ startSample, endSample: pauseSample ?? totalSamples });
  return stretches;
}

/** Adds audio on both sides, at most up to the middle of a pause. */
function padded(regions: readonly SpeechRegion[], totalSamples: number): SpeechRegion[] {
  const padding = samplesOf(PADDING_MS);
  return regions.map(({ startSample, endSample }, i) => {
    const before = regions[i - 1];
    const after = regions[i + 1];
    const floor = before === undefined ? 0 : Math.ceil((before.endSample + startSample) / 2);
    const ceiling = after === undefined ? totalSamples : Math.floor((endSample + after.startSample) / 2);
    return {
      startSample: Math.max(floor, startSample - padding),
      endSample: Math.min(ceiling, endSample + padding),
    };
  });
}
