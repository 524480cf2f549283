/** What lies directly beside a window in its recording. */
export interface Neighbours {
  /** Up to {@link NEIGHBOUR_SAMPLES} in front of the window; fewer where the recording begins. */
  readonly before: Float32Array;
  /** Up to {@link NEIGHBOUR_SAMPLES} behind the window; fewer where the recording ends. */
  readonly after: Float32Array;
}

/** What a recording adds to the features of a window of it. */
export interface Surroundings extends Neighbours {
  /**
   * Decimal logarithm of the highest power in any band of the recording: features reach so and so far below it.
   * Undefined where the window is all of it.
   */
  readonly loudest: number | undefined;
}

/** Half of a frame of the spectrogram (openai/whisper `audio.py`: frames of 400 samples, centred). */
export const NEIGHBOUR_SAMPLES = 200;

/** What a model attended to while it read a text. */
export interface Attention {
  /** One matrix for each alignment head: a row for each token that was read, a column for each position. */
  readonly heads: readonly Float32Array[];
  /** Positions of the encoder's output, 20 ms each. */
  readonly positions: number;
}

/**
 * Told the logits after each token that is read, in order: those of a long text together would be as large as the model.
 *
 * @param at index of the token
 * @param logits as long as the vocabulary; valid until it returns
 */
export type LogitsReader = (at: number, logits: Float32Array) => void;

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
   * @param surroundings - where the window is part of a recording whose spectrogram is to be taken as a whole.
   * @param positions - of the encoder's output, 20 ms each, that are computed: those of the samples at least. To be given
   * where {@link canShorten} alone. Default: all 1500 of a window.
   */
  encode(samples: Float32Array, surroundings?: Surroundings, positions?: number): Promise<Features>;

  /** Whether the encoder can be run over a part of the window. */
  readonly canShorten: boolean;

  /** Starts a text over `features`. Several may be started over the same features. */
  newDecoder(features: Features): TokenDecoder;

  /** Whether the model's files put out what {@link attend} tells. */
  readonly canAttend: boolean;

  /** Reads a whole text, and tells what was attended to. To be called where {@link canAttend} alone. */
  attend(features: Features, tokens: readonly number[], read: LogitsReader): Promise<Attention>;
}

/** One text in the making: the tokens so far, and the model's memory of them. */
export interface TokenDecoder {
  /**
   * Adds tokens to the text. Several at once are hardly slower than one, but for the published layout: its decoders take
   * one token a step after the first call.
   *
   * @param wanted - behind which of `tokens` logits are wanted, as indices into it: a projection to the vocabulary is half
   * of a step. Default: behind the last one.
   * @returns logits for each of `wanted`, in that order, each as long as the vocabulary. The caller may overwrite them;
   * they are valid until the next call.
   */
  append(tokens: readonly number[], wanted?: readonly number[]): Promise<readonly Float32Array[]>;

  /**
   * A second text that begins with the same tokens. Both go on by themselves; what they have in common was computed
   * once and is kept once. The fork is disposed of by itself.
   */
  fork(): TokenDecoder;

  /** Frees the memory of this text. Called exactly once, whatever happened before. */
  dispose(): void;
}
