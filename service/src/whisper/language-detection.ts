import { logSumExp } from './logits/logits';
import { checkNormalizer } from './token-sampler';
import type { SpecialTokens } from './special-tokens';

/** A language that may be spoken. */
export interface DetectedLanguage {
  /** Language code. */
  readonly language: string;
  /** Its probability among the candidates, in 0…1. */
  readonly probability: number;
}

/**
 * Languages of the speech, likeliest first: softmax over the language tokens alone (openai/whisper `detect_language`).
 *
 * @param logits - those after `<|startoftranscript|>`, before any rule.
 * @param candidates - codes to choose among, at least one. Default: all languages of the model.
 * @throws WhisperError `invalid_logits`
 */
export function detectLanguages(
  logits: Float32Array,
  special: SpecialTokens,
  candidates: readonly string[] = [...special.languages.keys()],
): readonly [DetectedLanguage, ...DetectedLanguage[]] {
  const scores = candidates.map((language) => ({ language, logit: logits[special.languages.get(language)!]! }));
  scores.sort((a, b) => b.logit - a.logit);
  const normalizer = checkNormalizer(logSumExp(Float32Array.from(scores, ({ logit }) => logit)));
  return scores.map(({ language, logit }) => ({ language, probability: Math.exp(logit - normalizer) })) as [
    DetectedLanguage,
    ...DetectedLanguage[],
  ];
}
