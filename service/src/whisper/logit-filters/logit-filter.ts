/** One rule about the next token. */
export interface LogitFilter {
  /**
   * Rules tokens out by setting their logit to -Infinity, in place.
   *
   * @param logits - one for each token of the vocabulary.
   * @param sampledTokens - what was sampled so far in this window, without the prompt.
   */
  apply(logits: Float32Array, sampledTokens: readonly number[]): void;
}
