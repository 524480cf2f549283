/**
 * Why bytes could not become audio. Stable: clients and metrics see these codes.
 *
 * - `unsupported_format`: a container or an encoding that this server does not decode, or no audio at all.
 * - `audio_corrupt`: a supported container whose contents contradict themselves.
 * - `audio_empty`: well-formed, but without a single sample.
 * - `audio_too_long`: longer than the limit, by its header or while decoding.
 * - `audio_decode_timeout`: decoding took longer than the limit.
 * - `invalid_value`: a channel that the audio does not have, or a raw format that cannot be, was asked for.
 */
export type AudioErrorCode =
  'unsupported_format' | 'audio_corrupt' | 'audio_empty' | 'audio_too_long' | 'audio_decode_timeout' | 'invalid_value';

/** The one error that bad audio causes. The message says what was wrong, the value got and what to do. */
export class AudioError extends Error {
  override readonly name = 'AudioError';

  constructor(
    readonly code: AudioErrorCode,
    message: string,
  ) {
    super(message);
  }
}
