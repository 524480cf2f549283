/** The text side of a model's vocabulary. */
export interface TextTokenizer {
  /** Text of the tokens; special and timestamp tokens are skipped. The leading space of a word is kept. */
  decode(tokens: readonly number[]): string;
}
