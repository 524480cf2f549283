import { SAMPLE_RATE_HZ, WINDOW_SAMPLES } from './audio-format';
import { quietestSample } from './quietest-sample';

/** A part of the audio in which somebody speaks, in samples at 16 kHz; the end is exclusive. */
export interface SpeechRegion {
  readonly startSample: number;
  readonly endSample: number;
}

/** A part of the audio that is decoded at once, in samples at 16 kHz; the end is exclusive. */
export interface AudioWindow {
  readonly startSample: number;
  readonly endSample: number;
}

/** How to cut audio into windows. */
export interface CutOptions {
  /**
   * Longest window, in samples.
   *
   * @default 480000, the 30 s that Whisper hears at once
   */
  readonly maxWindowSamples?: number;

  /** Audio that is kept around the speech, in samples; at most up to the middle of a pause. */
  readonly paddingSamples: number;

  /**
   * Pauses shorter than this stay inside a window, in milliseconds; every longer pause parts two windows. Small models
   * lose their place in windows full of sentences, so a window should hold about one.
   */
  readonly joinPauseMs: number;

  /**
   * The audio. With it, speech without a pause that is longer than a window is cut at the quietest point of the
   * window's last third.
   *
   * @default - cut hard at the longest window
   */
  readonly samples?: Float32Array;
}

/**
 * Cuts audio at its pauses into windows that together cover all speech, in order and without overlap.
 *
 * A stretch of speech that is longer than a window is cut in the window's last third, at the longest of its pauses there;
 * where there is none, at the longest before, and where there is none at all, at the quietest point of that third: the
 * encoder takes as long for a short window as for a full one.
 *
 * @param speech - regions of speech, in any order; overlaps are allowed.
 * @param totalSamples - length of the audio.
 */
export function cutAtPauses(
  speech: readonly SpeechRegion[],
  totalSamples: number,
  options: CutOptions,
): readonly AudioWindow[] {
  const maxSamples = options.maxWindowSamples ?? WINDOW_SAMPLES;
  const joinSamples = (options.joinPauseMs * SAMPLE_RATE_HZ) / 1000;
  const pieces: AudioWindow[] = [];
  let stretch: AudioWindow[] = [];
  for (const region of tidySpeech(speech, totalSamples)) {
    const pause = region.startSample - (stretch.at(-1)?.endSample ?? region.startSample);
    if (pause >= joinSamples && stretch.length > 0) {
      pieces.push(...cutStretch(stretch, maxSamples, options.samples));
      stretch = [];
    }
    stretch.push(region);
  }
  pieces.push(...cutStretch(stretch, maxSamples, options.samples));
  return pad(pieces, totalSamples, maxSamples, options.paddingSamples);
}

/** The regions inside the audio, in order, those that touch or overlap as one. */
export function tidySpeech(speech: readonly SpeechRegion[], totalSamples: number): readonly SpeechRegion[] {
  const tidy: SpeechRegion[] = [];
  const inside = speech
    .map(({ startSample, endSample }) => ({
      startSample: Math.max(0, startSample),
      endSample: Math.min(totalSamples, endSample),
    }))
    .filter(({ startSample, endSample }) => startSample < endSample)
    .sort((a, b) => a.startSample - b.startSample);
  for (const region of inside) {
    const before = tidy.at(-1);
    if (before === undefined || region.startSample > before.endSample) {
      tidy.push(region);
    } else {
      const endSample = Math.max(before.endSample, region.endSample);
      tidy[tidy.length - 1] = { startSample: before.startSample, endSample };
    }
  }
  return tidy;
}

/** Cuts regions that belong together into pieces of at most `maxSamples`, from the front. */
function cutStretch(stretch: readonly SpeechRegion[], maxSamples: number, samples?: Float32Array): AudioWindow[] {
  const last = stretch.at(-1);
  if (last === undefined) return [];
  const pieces: AudioWindow[] = [];
  let startSample = stretch[0]!.startSample;
  let first = 0;
  while (last.endSample - startSample > maxSamples) {
    const reach = startSample + maxSamples;
    const lastThird = startSample + Math.floor((maxSamples * 2) / 3);
    const next =
      afterLongestPause(stretch, first, lastThird, reach) ?? afterLongestPause(stretch, first, startSample, reach);
    if (next !== undefined) {
      pieces.push({ startSample, endSample: stretch[next - 1]!.endSample });
      startSample = stretch[next]!.startSample;
      first = next;
    } else {
      const cut = samples === undefined ? reach : quietestSample(samples, lastThird, reach);
      pieces.push({ startSample, endSample: cut });
      startSample = cut;
    }
  }
  pieces.push({ startSample, endSample: last.endSample });
  return pieces;
}

/** Index of the region behind the longest pause that begins before `reach` and ends behind `from`; of equal pauses the last. */
function afterLongestPause(
  stretch: readonly SpeechRegion[],
  first: number,
  from: number,
  reach: number,
): number | undefined {
  let longest = 0;
  let next: number | undefined;
  for (let i = first + 1; i < stretch.length && stretch[i - 1]!.endSample <= reach; i++) {
    const pause = stretch[i]!.startSample - stretch[i - 1]!.endSample;
    if (stretch[i]!.startSample >= from && pause >= longest) {
      longest = pause;
      next = i;
    }
  }
  return next;
}

/** Adds audio on both sides, at most up to the middle of the pause and to the longest window. */
function pad(
  pieces: readonly AudioWindow[],
  totalSamples: number,
  maxSamples: number,
  paddingSamples: number,
): AudioWindow[] {
  return pieces.map(({ startSample, endSample }, i) => {
    const before = pieces[i - 1];
    const after = pieces[i + 1];
    const floor = before === undefined ? 0 : Math.ceil((before.endSample + startSample) / 2);
    const ceiling = after === undefined ? totalSamples : Math.floor((endSample + after.startSample) / 2);
    const spare = Math.floor((maxSamples - (endSample - startSample)) / 2);
    const padding = Math.min(paddingSamples, spare);
    return {
      startSample: Math.max(floor, startSample - padding),
      endSample: Math.min(ceiling, endSample + padding),
    };
  });
}
