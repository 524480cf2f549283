import { TIMESTAMPS_PER_SECOND } from '../whisper/audio-format';
import type { Transcription } from '../whisper/transcribe';

/** OpenAI's usage of models that count tokens; the only one that its SDKs' types know at the end of a stream. */
export interface TokenUsage {
  readonly type: 'tokens';
  readonly input_tokens: number;
  readonly input_token_details: { readonly audio_tokens: number; readonly text_tokens: number };
  readonly output_tokens: number;
  readonly total_tokens: number;
}

/** Audio in positions of Whisper's encoder, 50 a second; text in tokens that were written. */
export function tokenUsage({ durationS, segments }: Transcription): TokenUsage {
  const audio = Math.ceil(durationS * TIMESTAMPS_PER_SECOND);
  const output = segments.reduce((sum, { tokens }) => sum + tokens.length, 0);
  return {
    type: 'tokens',
    input_tokens: audio,
    input_token_details: { audio_tokens: audio, text_tokens: 0 },
    output_tokens: output,
    total_tokens: audio + output,
  };
}
