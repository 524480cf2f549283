import fc from 'fast-check';
import type { LogitsOf } from '../fake-model';
import { CONFIG, GENERATION_CONFIG, TEXT_TOKENS, timestamp } from '../small-vocabulary';

const START_OF_TRANSCRIPT = GENERATION_CONFIG.decoder_start_token_id;
const FIRST_TIMESTAMP = timestamp(0);
const MAX_FLOAT32 = 3.4028234663852886e38;

/** Logits that a model may put out and a rule may stumble over. */
export interface LogitsShape {
  readonly seed: number;
  /** Half the width of the noise; 0 makes all logits equal. */
  readonly noise: number;
  /** Whether the noise is rounded to whole numbers, so that equals are common. */
  readonly tied: boolean;
  /** What timestamps have over the other tokens. */
  readonly timestampBonus: number;
  /** What end-of-text has over the other tokens. */
  readonly endBonus: number;
  /** Share of tokens at -Infinity. */
  readonly holes: number;
  /** Tokens with a logit of their own, at every step. */
  readonly spikes: readonly (readonly [token: number, logit: number])[];
}

/** Tokens that a rule names. */
const namedToken = fc.constantFrom(
  ...[0, ...GENERATION_CONFIG.suppress_tokens],
  ...Array.from({ length: FIRST_TIMESTAMP - TEXT_TOKENS }, (_, i) => TEXT_TOKENS + i),
  ...[0, 0.02, 0.98, 1, 1.02, 29.98, 30].map(timestamp),
);
const anyToken = fc.oneof(namedToken, fc.integer({ min: 0, max: CONFIG.vocab_size - 1 }));
const spike = fc.tuple(anyToken, fc.constantFrom(9, 25, 1e4, MAX_FLOAT32, Infinity, -Infinity, -MAX_FLOAT32));

/**
 * Where all other tokens are equal, so many timestamps together are as likely as one of them, give or take a little: the
 * edge of the rule of the sum.
 */
const edgeOfTheSum = fc
  .tuple(fc.constantFrom(1, 2, 51, 500, 1501), fc.constantFrom(-0.01, 0, 0.01))
  .map(([count, nudge]) => nudge - Math.log(count));

export const logitsShape: fc.Arbitrary<LogitsShape> = fc.record({
  seed: fc.nat(0xffff),
  noise: fc.constantFrom(0, 1, 5, 30),
  tied: fc.boolean(),
  timestampBonus: fc.oneof(fc.constantFrom(0, 8, -8, 60), edgeOfTheSum),
  endBonus: fc.constantFrom(0, 4, -60),
  holes: fc.constantFrom(0, 0, 0.5, 0.95),
  spikes: fc.array(spike, { maxLength: 4 }),
});

/** Whether every text has some token to go on with, and none that is infinitely likely. */
export function isPlayable({ holes, spikes }: LogitsShape): boolean {
  return holes === 0 && spikes.every(([, logit]) => Number.isFinite(logit));
}

// A look-up of a global costs half a microsecond inside of jest, a thousand times a step.
const { imul, max, min, round } = Math;
const IMPOSSIBLE = -Infinity;
const VOCABULARY_SIZE = CONFIG.vocab_size;
const NOISE_LENGTH = 1 << 15;
/** Uniform in -1…1, drawn once: drawing anew at each step took most of the tests' time. */
const NOISE = noiseTable();

/** A model's logits as a function of all tokens so far: the same tokens, the same logits. */
export function logitsOf(shape: LogitsShape): LogitsOf {
  const { noise, tied, timestampBonus, endBonus, holes, spikes } = shape;
  return (tokens) => {
    let hash = shape.seed ^ 0x811c9dc5;
    for (const token of tokens) hash = imul(hash ^ (token + 1), 0x01000193) ^ (hash >>> 15);
    const logits = new Float32Array(VOCABULARY_SIZE);
    for (let token = 0; token < VOCABULARY_SIZE; token++) {
      const drawn = NOISE[(hash + token) & (NOISE_LENGTH - 1)]!;
      // Another place of the same table, so that holes are not the least likely tokens.
      const isHole = NOISE[((hash >>> 7) - token) & (NOISE_LENGTH - 1)]! < 2 * holes - 1;
      const logit = tied ? round(noise * drawn) : noise * drawn;
      logits[token] = isHole ? IMPOSSIBLE : logit + (token >= FIRST_TIMESTAMP ? timestampBonus : 0);
    }
    logits[GENERATION_CONFIG.eos_token_id]! += endBonus;
    for (const [token, logit] of spikes) logits[token] = logit;
    // Languages and no-speech are read here before any rule: there is no probability beside an infinite logit.
    if (tokens.at(-1) === START_OF_TRANSCRIPT) {
      return logits.map((logit) => max(-1e4, min(logit, 1e4)));
    }
    return logits;
  };
}

function noiseTable(): Float32Array {
  let state = 1;
  return new Float32Array(NOISE_LENGTH).map(() => {
    state = (imul(state, 1_664_525) + 1_013_904_223) | 0;
    return ((state ^ (state >>> 15)) | 0) / 2 ** 31;
  });
}
