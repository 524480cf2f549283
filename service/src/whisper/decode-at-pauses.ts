import { SAMPLE_RATE_HZ } from './audio-format';
import type { DecodedWindow, PromptedDecoder } from './decoded-window';
import { clampToAudio, splitAtTimestamps } from './segments';
import type { SpecialTokens } from './special-tokens';
import type { SpeechAudio } from './speech-audio';
import { joinPauseMsOf, paddingSamplesOf, type TranscribeOptions } from './transcribe-options';
import { cutAtPauses } from './windows';

/** Decodes each stretch of speech between two pauses by itself. Windows without speech are left out. */
export async function* decodeAtPauses(
  { samples, speech }: SpeechAudio,
  special: SpecialTokens,
  options: TranscribeOptions,
  decode: PromptedDecoder,
): AsyncGenerator<DecodedWindow, void, undefined> {
  const windows = cutAtPauses(speech, samples.length, {
    samples,
    paddingSamples: paddingSamplesOf(options),
    joinPauseMs: joinPauseMsOf(options),
  });
  for (const { startSample, endSample } of windows) {
    const result = await decode(samples.subarray(startSample, endSample), options.promptTokens ?? []);
    if (!result.isSpeech) continue;
    const windowS = (endSample - startSample) / SAMPLE_RATE_HZ;
    const { finished, unfinished } = splitAtTimestamps(result, special, windowS);
    // Nobody decodes the rest of this window again, so that unfinished text counts as well.
    const slices = unfinished === undefined ? finished : [...finished, unfinished];
    yield { startSample, result, slices: clampToAudio(slices, windowS) };
  }
}
