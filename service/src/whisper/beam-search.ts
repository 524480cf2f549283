import type { Hypothesis } from './hypothesis';
import { logSumExp } from './logits/logits';
import type { TokenDecoder } from './model';
import { applyFilters, type SearchRules, type SearchStart } from './text-search';
import { checkNormalizer } from './token-sampler';

export interface BeamSearchOptions {
  readonly beamSize: number;
  readonly patience: number;
}

/** A text that goes on, with the model's memory of it. */
interface Beam extends Hypothesis {
  readonly decoder: TokenDecoder;
  readonly logits: Float32Array;
}

/** A text and one more token. */
interface Candidate {
  readonly source: Beam;
  readonly token: number;
  readonly logProb: number;
  readonly logProbSum: number;
}

/**
 * Pursues the likeliest `beamSize` texts side by side, until enough of them have ended (openai/whisper
 * `BeamSearchDecoder`). Of equal candidates the earlier beam's goes first, then the lower token.
 *
 * @returns the ended texts, the first to end first; where they are fewer than the beams, the likeliest of those that
 * would go on fill them up. The empty text, where the rules allow it, comes before them and takes nobody's place:
 * openai/whisper, which never writes it, then finds the same texts.
 */
export async function beamSearch(
  start: SearchStart,
  rules: SearchRules,
  { beamSize, patience }: BeamSearchOptions,
): Promise<readonly Hypothesis[]> {
  const wanted = Math.max(roundHalfToEven(beamSize * patience), 1);
  const ended: Hypothesis[] = [];
  let empty: Hypothesis | undefined;
  const first = { tokens: [], tokenLogProbs: [], logProbSum: 0, ended: false };
  let beams: readonly Beam[] = [{ ...first, decoder: start.decoder.fork(), logits: start.logits.slice() }];
  try {
    for (let length = 1; ; length++) {
      const candidates = beams.flatMap((beam) => nextCandidates(beam, rules, beamSize + 1));
      candidates.sort((left, right) => right.logProbSum - left.logProbSum);
      const goingOn: Candidate[] = [];
      for (const candidate of candidates) {
        if (goingOn.length === beamSize) break;
        if (candidate.token !== rules.endOfText) goingOn.push(candidate);
        else if (length === 1) empty = endedText(candidate);
        else if (ended.length < wanted) ended.push(endedText(candidate));
      }
      if (ended.length >= wanted || length >= rules.limit || goingOn.length === 0) {
        const unfinished = goingOn.map(longerText);
        const filled = [...ended, ...unfinished.slice(0, Math.max(beamSize - ended.length, 0))];
        return empty === undefined ? filled : [empty, ...filled];
      }
      beams = await advance(beams, goingOn);
    }
  } finally {
    for (const { decoder } of beams) decoder.dispose();
  }
}

/** The `count` likeliest tokens behind a beam, among those that the rules allow. */
function nextCandidates(beam: Beam, rules: SearchRules, count: number): Candidate[] {
  const logits = applyFilters(rules, beam.logits, beam.tokens);
  const normalizer = checkNormalizer(logSumExp(logits));
  return likeliestTokens(logits, count).map((token) => {
    const logProb = logits[token]! - normalizer;
    return { source: beam, token, logProb, logProbSum: beam.logProbSum + logProb };
  });
}

/** @returns likeliest first, of equals the lowest; fewer than `count` where the rules leave fewer */
function likeliestTokens(logits: Float32Array, count: number): readonly number[] {
  const top: number[] = [];
  for (let token = 0; token < logits.length; token++) {
    const logit = logits[token]!;
    if (logit === -Infinity || (top.length === count && logit <= logits[top[count - 1]!]!)) continue;
    let at = top.length;
    while (at > 0 && logits[top[at - 1]!]! < logit) at--;
    top.splice(at, 0, token);
    top.length = Math.min(top.length, count);
  }
  return top;
}

function endedText({ source, logProbSum }: Candidate): Hypothesis {
  return { tokens: source.tokens, tokenLogProbs: source.tokenLogProbs, logProbSum, ended: true };
}

function longerText({ source, token, logProb, logProbSum }: Candidate): Hypothesis {
  return {
    tokens: [...source.tokens, token],
    tokenLogProbs: [...source.tokenLogProbs, logProb],
    logProbSum,
    ended: false,
  };
}

/** Reads the chosen tokens; the beams before are disposed of, also where the model fails. */
async function advance(beams: readonly Beam[], chosen: readonly Candidate[]): Promise<readonly Beam[]> {
  const forks = chosen.map(({ source }) => source.decoder.fork());
  try {
    const next: Beam[] = [];
    for (const [i, candidate] of chosen.entries()) {
      const decoder = forks[i]!;
      const logits = (await decoder.append([candidate.token])).at(-1)!;
      next.push({ ...longerText(candidate), decoder, logits });
    }
    for (const { decoder } of beams) decoder.dispose();
    return next;
  } catch (error) {
    for (const decoder of forks) decoder.dispose();
    throw error;
  }
}

/** As Python rounds, which matters to half a candidate. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 && floor % 2 === 0 ? floor : Math.round(value);
}
