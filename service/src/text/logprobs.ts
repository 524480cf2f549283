import { textOf, type Segment } from '../whisper/segments';
import type { SpecialTokens } from '../whisper/special-tokens';
import type { ByteTokenizer } from '../whisper/tokenizer';

/** What a transcript's tokens are. */
export interface Vocabulary {
  readonly tokenizer: ByteTokenizer;
  readonly special: Pick<SpecialTokens, 'endOfText'>;
}

/** OpenAI's shape of a token's log-probability. */
export interface TokenLogprob {
  /** Its text, with the leading space of a word; U+FFFD for bytes that are no whole character. */
  readonly token: string;
  /** Exactly its bytes in UTF-8: those of a character may be spread over several tokens. */
  readonly bytes: readonly number[];
  readonly logprob: number;
}

/** OpenAI's `logprobs` of the text's tokens: timestamps are left out. */
export function logprobs(segments: readonly Segment[], { tokenizer, special }: Vocabulary): readonly TokenLogprob[] {
  return segments.flatMap((segment) => {
    const { tokens, logProbs } = textOf(segment, special);
    return tokens.map((token, index) => ({
      token: tokenizer.decode([token]),
      bytes: [...tokenizer.bytesOf(token)],
      logprob: logProbs[index]!,
    }));
  });
}
