import { SAMPLE_RATE_HZ, WINDOW_SAMPLES } from './audio-format';
import type { DecodedWindow, PromptedDecoder } from './decoded-window';
import { clampToAudio, splitAtTimestamps, type TimedSlice } from './segments';
import type { SpecialTokens } from './special-tokens';
import type { SpeechAudio } from './speech-audio';
import { paddingSamplesOf, type TranscribeOptions } from './transcribe-options';
import { tidySpeech } from './windows';

/** Text that was drawn above this temperature is too wild to be the example of what follows (openai/whisper). */
const MAX_PROMPT_TEMPERATURE = 0.5;

/**
 * Decodes 30 s at a time, each window from the last timestamp of the one before it (openai/whisper `transcribe.py`).
 * Silence between two regions of speech is skipped, and decoding stops behind the last region, at the latest at the
 * audio's real end. Windows without speech are left out.
 */
export async function* decodeSequentially(
  { samples, speech }: SpeechAudio,
  special: SpecialTokens,
  options: TranscribeOptions,
  decode: PromptedDecoder,
): AsyncGenerator<DecodedWindow, void, undefined> {
  const padding = paddingSamplesOf(options);
  let previousTokens = options.promptTokens ?? [];
  let seek = 0;
  const regions = tidySpeech(speech, samples.length);
  const speechEndSample = regions.at(-1)?.endSample ?? 0;
  for (const region of regions) {
    while (seek < region.endSample) {
      const startSample = Math.max(seek, region.startSample - padding);
      const endSample = Math.min(startSample + WINDOW_SAMPLES, samples.length);
      const result = await decode(samples.subarray(startSample, endSample), previousTokens);
      if (!result.isSpeech) {
        seek = endSample;
        continue;
      }
      const { slices, resumeAtSample } = keepFinished(result, special, startSample, endSample, speechEndSample);
      seek = resumeAtSample;
      previousTokens =
        options.conditionOnPreviousText === true && result.temperature <= MAX_PROMPT_TEMPERATURE
          ? [...previousTokens, ...slices.flatMap((slice) => slice.tokens)].slice(-special.maxTargetPositions)
          : [];
      yield { startSample, result, slices };
    }
  }
}

/**
 * What of a window is kept, and where to go on. Unfinished text is decoded again from the last timestamp on, unless
 * that never happens: where no speech follows, or where going on there would not move.
 */
function keepFinished(
  result: DecodedWindow['result'],
  special: SpecialTokens,
  startSample: number,
  endSample: number,
  speechEndSample: number,
): { readonly slices: readonly TimedSlice[]; readonly resumeAtSample: number } {
  const windowS = (endSample - startSample) / SAMPLE_RATE_HZ;
  const { finished, unfinished, resumeAtS } = splitAtTimestamps(result, special, windowS);
  const resumeAtSample = startSample + Math.round(resumeAtS * SAMPLE_RATE_HZ);
  const moves = resumeAtSample > startSample;
  const isDecodedAgain = moves && resumeAtSample < speechEndSample;
  const slices = unfinished === undefined || isDecodedAgain ? finished : [...finished, unfinished];
  return { slices: clampToAudio(slices, windowS), resumeAtSample: moves ? resumeAtSample : endSample };
}
