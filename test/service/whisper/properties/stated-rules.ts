/**
 * The rules of decoding a second time, in other words than the server's: token by token, from the model's own answers,
 * over the vocabulary of small-vocabulary.ts with its numbers written out.
 */

const BLANK = 0;
const TEXT_END = 20;
const END_OF_TEXT = 20;
const NO_SPEECH = 29;
const TIMESTAMP_0 = 31;
const TIMESTAMP_1_S = TIMESTAMP_0 + 50;
/** Two symbols; start of transcript, three languages, two tasks, startoflm, startofprev, nospeech, notimestamps. */
const NEVER = new Set([7, 8, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);

// Once for all: a look-up of a global costs half a microsecond inside of jest.
const { exp, max } = Math;
const IMPOSSIBLE = -Infinity;

const isTimestamp = (token: number): boolean => token >= TIMESTAMP_0;

/** Which tokens may come next, and how likely each of them is among them. */
export interface NextToken {
  readonly mayCome: (token: number) => boolean;
  /** Natural logarithm. */
  readonly logProb: (token: number) => number;
  /** The likeliest that may come, of equals the lowest. */
  readonly likeliest: number;
  /** Whether there is a likeliest, and not one that is infinitely likely. */
  readonly isDefined: boolean;
  /** Whether rounding decides if timestamps together beat the likeliest other token. */
  readonly isOnEdge: boolean;
}

/** @param sampled - tokens of the text so far, which obeys the rules itself */
export function nextToken(logits: Float32Array, sampled: readonly number[], timestamps: boolean): NextToken {
  const grammar = timestamps ? grammarBehind(sampled) : (token: number) => !isTimestamp(token);
  const obeying: number[] = [];
  for (let token = 0; token < logits.length; token++) {
    const isFirstBlank = sampled.length === 0 && (token === BLANK || token === END_OF_TEXT);
    if (grammar(token) && !NEVER.has(token) && !isFirstBlank && logits[token]! > IMPOSSIBLE) obeying.push(token);
  }
  const logit = (token: number): number => logits[token]!;
  const timed = obeying.filter(isTimestamp);
  const spoken = obeying.filter((token) => !isTimestamp(token));
  const allTimed = logOfSum(timed.map(logit));
  const likeliestSpoken = Math.max(-Infinity, ...spoken.map(logit));
  const left = allTimed > likeliestSpoken ? timed : obeying;
  const total = logOfSum(left.map(logit));
  const allowed = new Set(left);
  return {
    mayCome: (token) => allowed.has(token),
    logProb: (token) => logits[token]! - total,
    likeliest: left.reduce((best, token) => (logits[token]! > logits[best]! ? token : best), left[0]!),
    isDefined: Number.isFinite(total),
    isOnEdge: timed.length > 1 && Math.abs(allTimed - likeliestSpoken) < 1e-9,
  };
}

/** `start words end`, again and again; a text may stop anywhere but before its first start. */
function grammarBehind(sampled: readonly number[]): (token: number) => boolean {
  // The first, third, fifth timestamp opens a segment, the others close one.
  const times = sampled.filter(isTimestamp);
  const latest = times.at(-1);
  if (sampled.length === 0) return (token) => token >= TIMESTAMP_0 && token <= TIMESTAMP_1_S;
  // Behind an end: the next start, not earlier; or nothing.
  if (times.length % 2 === 0) return (token) => token === END_OF_TEXT || (isTimestamp(token) && token >= latest!);
  // Behind a start: words, or nothing; behind words: an end that is later, too.
  const mayClose = !isTimestamp(sampled.at(-1)!);
  return (token) => (isTimestamp(token) ? mayClose && token > latest! : token < TEXT_END || token === END_OF_TEXT);
}

/** Probability of no speech: of all tokens, by what the model says at the start of the transcript. */
export function noSpeechProb(logits: Float32Array): number {
  return Math.exp(logits[NO_SPEECH]! - logOfSum([...logits]));
}

function logOfSum(values: readonly number[]): number {
  const most = max(-Infinity, ...values);
  if (most === -Infinity) return most;
  return most + Math.log(values.reduce((sum, value) => sum + exp(value - most), 0));
}
