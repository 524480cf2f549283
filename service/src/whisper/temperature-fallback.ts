import { beamSearch } from './beam-search';
import { compressionRatio } from './compression-ratio';
import {
  DEFAULT_COMPRESSION_RATIO_THRESHOLD,
  DEFAULT_LOG_PROB_THRESHOLD,
  DEFAULT_NO_SPEECH_THRESHOLD,
  temperaturesOf,
  type DecodingOptions,
} from './decoding-options';
import { averageLogProb, likeliest, type Hypothesis } from './hypothesis';
import { sampleText } from './sample-text';
import type { SearchRules, SearchStart } from './text-search';
import { newTokenSampler } from './token-sampler';
import type { TextTokenizer } from './tokenizer';

/** A text, and what speaks for and against it. */
export interface JudgedText extends Hypothesis {
  readonly temperature: number;
  readonly avgLogProb: number;
  readonly compressionRatio: number;
}

/**
 * Decodes at the first temperature, and at the next as long as the text repeats itself or is unlikely (openai/whisper
 * `decode_with_fallback`). A window that counts as no speech is not tried again: there is nothing to find in it.
 *
 * @returns the last text, which the thresholds may still speak against
 */
export async function decodeWithFallback(
  start: SearchStart & { readonly noSpeechProb: number },
  rules: SearchRules,
  tokenizer: TextTokenizer,
  options: DecodingOptions,
): Promise<JudgedText> {
  const {
    compressionRatioThreshold = DEFAULT_COMPRESSION_RATIO_THRESHOLD,
    logProbThreshold = DEFAULT_LOG_PROB_THRESHOLD,
    noSpeechThreshold = DEFAULT_NO_SPEECH_THRESHOLD,
  } = options;
  let text: JudgedText | undefined;
  for (const [attempt, temperature] of temperaturesOf(options).entries()) {
    const hypothesis = likeliest(await search(start, rules, options, temperature, attempt), options.lengthPenalty);
    const ratio = compressionRatio(tokenizer.decode(hypothesis.tokens).trim());
    const avgLogProb = averageLogProb(hypothesis);
    text = { ...hypothesis, temperature, avgLogProb, compressionRatio: ratio };
    const isUnlikely = avgLogProb < logProbThreshold;
    const isSilence = start.noSpeechProb > noSpeechThreshold && isUnlikely;
    if (isSilence || !(isUnlikely || ratio > compressionRatioThreshold)) break;
  }
  return text!;
}

/** All texts that a temperature has to offer: one, those of a beam search, or several draws. */
async function search(
  start: SearchStart,
  rules: SearchRules,
  { beamSize = 1, patience = 1, bestOf = 1, seed = 0 }: DecodingOptions,
  temperature: number,
  attempt: number,
): Promise<readonly Hypothesis[]> {
  if (temperature === 0) {
    return beamSize === 1 && patience === 1
      ? [await sampleText(start, rules, newTokenSampler(0, seed))]
      : beamSearch(start, rules, { beamSize, patience });
  }
  const drawn: Hypothesis[] = [];
  // Each draw has a seed of its own; the first of the first temperature has the caller's.
  for (let i = 0; i < bestOf; i++) {
    drawn.push(await sampleText(start, rules, newTokenSampler(temperature, seed + attempt * bestOf + i)));
  }
  return drawn;
}
