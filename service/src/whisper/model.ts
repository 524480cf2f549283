/**
 * A Whisper model as the decoding loop sees it: hear once, then read token by token.
 *
 * @typeParam Features - what the encoder made of one window; only the model looks inside.
 */
export interface WhisperModel<Features> {
  /**
   * Runs the encoder.
   *
   * @param samples - 16 kHz mono in -1…1, at most 30 s (480 000 samples); the model pads the rest with silence.
   */
  encode(samples: Float32Array): Promise<Features>;

  /** Starts a text over `features`. Several may be started over the same features. */
  newDecoder(features: Features): TokenDecoder;
}

/** One text in the making: the tokens so far, and the model's memory of them. */
export interface TokenDecoder {
  /**
   * Adds tokens to the text. Only the first call may add more than one: a decoder with a key-value cache takes one
   * token a step after that.
   *
   * @returns the logits after each of `tokens`, in order, each as long as the vocabulary. The caller may overwrite
   * them; they are valid until the next call.
   */
  append(tokens: readonly number[]): Promise<readonly Float32Array[]>;

  /**
   * A second text that begins with the same tokens. Both go on by themselves; what they have in common was computed
   * once and is kept once. The fork is disposed of by itself.
   */
  fork(): TokenDecoder;

  /** Frees the memory of this text. Called exactly once, whatever happened before. */
  dispose(): void;
}
