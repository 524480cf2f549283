/** One way to write the text of a window. */
export interface Hypothesis {
  /** Without end-of-text. */
  readonly tokens: readonly number[];

  /** Log-probability of each of `tokens`. */
  readonly tokenLogProbs: readonly number[];

  /** Sum of the log-probabilities; that of end-of-text is in it where the text ended by itself. */
  readonly logProbSum: number;

  /** Whether the text ended by itself, and not at the limit. */
  readonly ended: boolean;
}

/** openai/whisper `decoding.py`: over one more than the tokens, for end-of-text. */
export function averageLogProb({ logProbSum, tokens }: Hypothesis): number {
  return logProbSum / (tokens.length + 1);
}

/**
 * The likeliest hypothesis for its length, of equals the first (openai/whisper `MaximumLikelihoodRanker`). A text of
 * nothing, which openai/whisper never writes, counts as one token long.
 *
 * @param hypotheses - at least one
 * @param lengthPenalty - see `DecodingOptions.lengthPenalty`
 */
export function likeliest(hypotheses: readonly Hypothesis[], lengthPenalty?: number): Hypothesis {
  const score = ({ logProbSum, tokens: { length } }: Hypothesis): number =>
    logProbSum / (lengthPenalty === undefined ? Math.max(length, 1) : ((5 + length) / 6) ** lengthPenalty);
  return hypotheses.reduce((best, each) => (score(each) > score(best) ? each : best));
}
