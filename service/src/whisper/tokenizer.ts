/** The text side of a model's vocabulary. */
export interface TextTokenizer {
  /** Text of the tokens; special and timestamp tokens are skipped. The leading space of a word is kept. */
  decode(tokens: readonly number[]): string;
}

/** A vocabulary that also tells the bytes of its tokens: a character's may be spread over several. */
export interface ByteTokenizer extends TextTokenizer {
  /** Bytes of a token's text in UTF-8; none for special and timestamp tokens. */
  bytesOf(token: number): Uint8Array;
}
