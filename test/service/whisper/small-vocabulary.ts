import { specialTokensFrom, type SpecialTokens } from '../../../service/src/whisper/special-tokens';
import type { TextTokenizer } from '../../../service/src/whisper/tokenizer';

/** Text tokens 0 to 19 in Whisper's layout, small enough to read a failure. Token 0 is the bare space. */
export const TEXT_TOKENS = 20;

export const GENERATION_CONFIG = {
  eos_token_id: 20,
  decoder_start_token_id: 21,
  lang_to_id: { '<|en|>': 22, '<|es|>': 23, '<|de|>': 24 },
  task_to_id: { translate: 25, transcribe: 26 },
  no_timestamps_token_id: 30,
  suppress_tokens: [7, 8],
  begin_suppress_tokens: [0, 20],
  is_multilingual: true,
};
export const CONFIG = { vocab_size: 31 + 1501, max_target_positions: 448 };

export const SPECIAL: SpecialTokens = specialTokensFrom(GENERATION_CONFIG, CONFIG);

/** Token of a timestamp. */
export function timestamp(seconds: number): number {
  return SPECIAL.timestampBegin + Math.round(seconds * 50);
}

/** Token 0 is " "; token n is a space and the n-th letter. */
export const TOKENIZER: TextTokenizer = {
  decode: (tokens) =>
    tokens
      .filter((token) => token < TEXT_TOKENS)
      .map((token) => (token === 0 ? ' ' : ` ${String.fromCharCode(96 + token)}`))
      .join(''),
};
