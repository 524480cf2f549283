/** Mean of the confidences of words: about the share of them that is right (docs/confidence.md). Undefined without any. */
export function meanConfidence(wordConfidences: readonly number[]): number | undefined {
  if (wordConfidences.length === 0) return undefined;
  return wordConfidences.reduce((sum, confidence) => sum + confidence, 0) / wordConfidences.length;
}
