import { peakOf } from './logits/logits';
import { WhisperError } from './whisper-error';

/** A chosen token. */
interface SampledToken {
  readonly token: number;
  /** Natural logarithm of the token's probability at temperature 1, among the tokens that the filters left. */
  readonly logProb: number;
}

/** Chooses the next token from filtered logits. */
export type TokenSampler = (logits: Float32Array) => SampledToken;

/**
 * The likeliest token at temperature 0 (of equals the lowest id), a draw from softmax(logits / temperature) above.
 * The recorded log-probability is that at temperature 1 in both cases, as in openai/whisper's `GreedyDecoder`, so that
 * thresholds mean the same at every temperature.
 *
 * @param temperature - 0 or more.
 * @param seed - the same seed draws the same tokens from the same logits.
 */
export function newTokenSampler(temperature: number, seed: number): TokenSampler {
  const random = newRandom(seed);
  return (logits) => {
    const peak = peakOf(logits);
    const normalizer = checkNormalizer(peak.logSumExp);
    const token = temperature === 0 ? peak.token : draw(logits, logits[peak.token]!, temperature, random());
    return { token, logProb: logits[token]! - normalizer };
  };
}

/**
 * @param normalizer - log-sum-exp of filtered logits
 * @throws WhisperError `invalid_logits` where they leave nothing to choose
 */
export function checkNormalizer(normalizer: number): number {
  if (Number.isFinite(normalizer)) return normalizer;
  throw new WhisperError(
    'invalid_logits',
    `The model's logits leave no token to choose (their log-sum-exp is ${normalizer}). ` +
      'Check the model files: weights that overflow give such logits.',
  );
}

/**
 * @param max - the largest of the logits.
 * @param uniform - a number in [0, 1).
 */
function draw(logits: Float32Array, max: number, temperature: number, uniform: number): number {
  const weight = (token: number): number => Math.exp((logits[token]! - max) / temperature);
  let total = 0;
  for (let token = 0; token < logits.length; token++) total += weight(token);
  let rest = uniform * total;
  let chosen = 0;
  for (let token = 0; token < logits.length; token++) {
    const share = weight(token);
    if (share === 0) continue;
    chosen = token;
    rest -= share;
    if (rest < 0) break;
  }
  return chosen;
}

/** Mulberry32 (Tommy Ettinger, public domain): 32 bits of state are plenty for a few hundred draws. */
function newRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
