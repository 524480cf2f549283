import type { SpecialTokens } from './special-tokens';

/** The likeliest language. */
export interface DetectedLanguage {
  /** Language code. */
  readonly language: string;
  /** Its probability among the candidates, in 0…1. */
  readonly probability: number;
}

/**
 * Language of the speech: softmax over the language tokens alone (openai/whisper `detect_language`).
 *
 * @param logits - those after `<|startoftranscript|>`, before any rule.
 * @param candidates - codes to choose among. Default: all languages of the model.
 */
export function detectLanguage(
  logits: Float32Array,
  special: SpecialTokens,
  candidates: readonly string[] = [...special.languages.keys()],
): DetectedLanguage {
  const scores = candidates.map((language) => ({ language, logit: logits[special.languages.get(language)!]! }));
  const best = scores.reduce((a, b) => (b.logit > a.logit ? b : a));
  const total = scores.reduce((sum, { logit }) => sum + Math.exp(logit - best.logit), 0);
  return { language: best.language, probability: 1 / total };
}
