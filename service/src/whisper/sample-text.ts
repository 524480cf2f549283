import type { Hypothesis } from './hypothesis';
import { applyFilters, type SearchRules, type SearchStart } from './text-search';
import type { TokenSampler } from './token-sampler';

/** Writes a text token by token, as the sampler chooses (openai/whisper `GreedyDecoder`). */
export async function sampleText(start: SearchStart, rules: SearchRules, sample: TokenSampler): Promise<Hypothesis> {
  const tokens: number[] = [];
  const tokenLogProbs: number[] = [];
  let logProbSum = 0;
  const decoder = start.decoder.fork();
  try {
    for (let logits: Float32Array = start.logits.slice(); ;) {
      const { token, logProb } = sample(applyFilters(rules, logits, tokens));
      logProbSum += logProb;
      if (token === rules.endOfText) return { tokens, tokenLogProbs, logProbSum, ended: true };
      tokens.push(token);
      tokenLogProbs.push(logProb);
      if (tokens.length >= rules.limit) return { tokens, tokenLogProbs, logProbSum, ended: false };
      logits = (await decoder.append([token])).at(-1)!;
    }
  } finally {
    decoder.dispose();
  }
}
