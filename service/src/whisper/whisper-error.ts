/** What decoding can fail with; stable, for people and scripts. */
export type WhisperErrorCode =
  /** The model's configuration files lack something, or contradict Whisper's layout. */
  | 'model_invalid'
  /** Not a language of Whisper, or not one of the loaded model. */
  | 'unsupported_language'
  /** The loaded model cannot do the task that was asked for. */
  | 'unsupported_task'
  /** The loaded model's files do not put out what words are timed by. */
  | 'words_unavailable'
  /** A decoding option is out of its range. */
  | 'invalid_option'
  /** The model returned logits that no token can be chosen from. */
  | 'invalid_logits';

export class WhisperError extends Error {
  override readonly name = 'WhisperError';

  constructor(
    readonly code: WhisperErrorCode,
    message: string,
  ) {
    super(message);
  }
}
