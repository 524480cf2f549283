import { subsetOf, type Utterance } from './held-out-set';
import { crossValidated, fitLogistic, RECALIBRATIONS } from './recalibration';
import {
  areaUnderRoc,
  bootstrapInterval,
  brierScore,
  correlation,
  expectedCalibrationError,
  reliabilityBins,
  type Judgement,
  type ReliabilityBin,
} from './reliability';
import type { ScoredUtterance } from './score-utterances';
import {
  RECOMMENDED_WORD_CONFIDENCE,
  UTTERANCE_CONFIDENCES,
  WORD_CONFIDENCES,
  type UtteranceConfidence,
  type WordConfidence,
} from './word-confidence';

type Interval = readonly [low: number, high: number];

export interface ErrorRate {
  readonly utterances: number;
  readonly words: number;
  readonly substitutions: number;
  readonly insertions: number;
  readonly deletions: number;
  readonly rate: number;
}

/** How good a confidence is at saying which words, or utterances, are right. */
export interface Quality {
  readonly ece: number;
  readonly brier: number;
  readonly auroc: number;
}

/** What asking again below a threshold does. */
export interface Threshold {
  readonly threshold: number;
  /** Share of the wrong ones that lie below. */
  readonly wrongCaught: number;
  /** Share of the right ones that lie below. */
  readonly rightAskedAgain: number;
}

export interface GroupResult {
  readonly errors: ErrorRate;
  /** Words that were written, and what share of them is right. */
  readonly written: number;
  readonly right: number;
  readonly meanConfidence: number;
  readonly quality: Quality;
  readonly thresholds: readonly Threshold[];
}

/** One model, at one precision, on the whole set. */
export interface RunResult {
  readonly errors: ErrorRate;
  /** 95 %, drawing utterances. */
  readonly rateInterval: Interval;
  /** Utterances without a wrong word, and such as nothing was heard in. */
  readonly exact: number;
  readonly silent: number;
  readonly meanConfidence: number;
  readonly groups: Readonly<Record<string, GroupResult>>;
  readonly families: Readonly<Record<string, ErrorRate>>;
  /** By name of the candidate; the intervals are of the difference to the recommended one, 95 %, drawing utterances. */
  readonly words: Readonly<Record<string, Quality & { readonly moreEce: Interval; readonly moreAuroc: Interval }>>;
  readonly eceInterval: Interval;
  readonly aurocInterval: Interval;
  readonly bins: readonly ReliabilityBin[];
  /** Of the words' arithmetic mean, as openai/whisper defines a word's probability. */
  readonly arithmeticMeanBins: readonly ReliabilityBin[];
  readonly thresholds: readonly Threshold[];
  /** The recommended one, recalibrated by what was learnt from the other voices, or the other groups. */
  readonly recalibrated: Readonly<Record<string, { readonly byFamily: Quality; readonly byGroup: Quality }>>;
  readonly logistic: { readonly slope: number; readonly offset: number };
  /** Against an utterance without a wrong word, and against the share of its words that is right. */
  readonly utterances: Readonly<Record<string, { readonly exact: Quality; readonly share: ShareQuality }>>;
  readonly utteranceBins: Readonly<Record<string, readonly ReliabilityBin[]>>;
  /** Of utterances, by their least sure word. */
  readonly leastWordThresholds: readonly Threshold[];
  /** Wrong words that the model was surest of. */
  readonly surestMistakes: readonly {
    readonly confidence: number;
    readonly word: string;
    readonly said: string;
    readonly written: string;
    readonly voice: string;
  }[];
}

export interface ShareQuality {
  readonly ece: number;
  readonly correlation: number;
}

/** What a quick check finds on a part of the set. */
export interface SubsetResult {
  readonly utterances: number;
  readonly rate: number;
  readonly ece: number;
}

/** All that the report is written from. */
export interface CalibrationResults {
  /** Hash of what they depend on. */
  readonly inputs: string;
  readonly model: string;
  readonly set: {
    readonly utterances: number;
    readonly words: number;
    readonly seconds: number;
    readonly voices: number;
  };
  readonly runs: Readonly<Record<string, RunResult>>;
  readonly subset: Readonly<Record<string, SubsetResult>>;
  /** Word error rate of the first of the runs less that of the second, 95 %, drawing utterances. */
  readonly difference?: { readonly of: Interval; readonly points: number; readonly names: readonly [string, string] };
}

/** Utterances of each voice family of each group that the quick check decodes. */
export const SUBSET_OF_EACH = 4;

const THRESHOLDS = [0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95];
const SUREST_MISTAKES = 8;

const recommended = WORD_CONFIDENCES[RECOMMENDED_WORD_CONFIDENCE];
const isExact = ({ substitutions, insertions, deletions }: ScoredUtterance): boolean =>
  substitutions + insertions + deletions === 0;

export function runResult(scored: readonly ScoredUtterance[]): RunResult {
  const words = wordJudgements(scored, recommended);
  const heard = scored.filter((each) => each.words.length > 0);
  const ofWords = (of: WordConfidence, some = scored): readonly Judgement[] => wordJudgements(some, of);
  const ece = expectedCalibrationError;
  const groups = [...new Set(scored.map(({ utterance }) => utterance.group))];
  const families = [...new Set(scored.map(({ utterance }) => familyOf(utterance)))];
  return {
    errors: errorRate(scored),
    rateInterval: bootstrapInterval(scored, (drawn) => errorRate(drawn).rate),
    exact: scored.filter(isExact).length,
    silent: scored.length - heard.length,
    meanConfidence: mean(words.map(({ confidence }) => confidence)),
    groups: table(groups, (group) => groupResult(scored.filter(({ utterance }) => utterance.group === group))),
    families: table(families, (family) => errorRate(scored.filter(({ utterance }) => familyOf(utterance) === family))),
    words: table(Object.keys(WORD_CONFIDENCES), (name) => {
      const confidence = WORD_CONFIDENCES[name as keyof typeof WORD_CONFIDENCES];
      const both = scored.map((each) => ({ first: ofWords(recommended, [each]), own: ofWords(confidence, [each]) }));
      const excess = (of: (judgements: readonly Judgement[]) => number) => (drawn: readonly (typeof both)[number][]) =>
        of(drawn.flatMap(({ own }) => own)) - of(drawn.flatMap(({ first }) => first));
      return {
        ...quality(ofWords(confidence)),
        moreEce: bootstrapInterval(both, excess(ece)),
        moreAuroc: bootstrapInterval(both, excess(areaUnderRoc)),
      };
    }),
    eceInterval: bootstrapInterval(scored, (drawn) => ece(ofWords(recommended, drawn))),
    aurocInterval: bootstrapInterval(scored, (drawn) => areaUnderRoc(ofWords(recommended, drawn))),
    bins: reliabilityBins(words),
    arithmeticMeanBins: reliabilityBins(ofWords(WORD_CONFIDENCES['arithmetic mean'])),
    thresholds: thresholds(words),
    recalibrated: table(Object.keys(RECALIBRATIONS), (name) => {
      const fit = RECALIBRATIONS[name as keyof typeof RECALIBRATIONS];
      return {
        byFamily: quality(crossValidated(words, ({ utterance }) => utterance.family, fit)),
        byGroup: quality(crossValidated(words, ({ utterance }) => utterance.group, fit)),
      };
    }),
    logistic: fitLogistic(words, true),
    utterances: table(Object.keys(UTTERANCE_CONFIDENCES), (name) => {
      const confidence = UTTERANCE_CONFIDENCES[name as keyof typeof UTTERANCE_CONFIDENCES];
      const share = utteranceJudgements(heard, confidence, shareRight);
      return {
        exact: quality(utteranceJudgements(heard, confidence, exactness)),
        share: { ece: ece(share), correlation: correlation(share) },
      };
    }),
    utteranceBins: table(['product of the words', 'geometric mean of the text tokens'], (name) =>
      reliabilityBins(
        utteranceJudgements(heard, UTTERANCE_CONFIDENCES[name as keyof typeof UTTERANCE_CONFIDENCES], exactness),
        5,
      ),
    ),
    leastWordThresholds: thresholds(utteranceJudgements(heard, UTTERANCE_CONFIDENCES['least of the words'], exactness)),
    surestMistakes: surestMistakes(scored),
  };
}

/** What the quick check compares. */
export function subsetResult(scored: readonly ScoredUtterance[]): SubsetResult {
  return {
    utterances: scored.length,
    rate: errorRate(scored).rate,
    ece: expectedCalibrationError(wordJudgements(scored, recommended)),
  };
}

/** The same of runs that decoded everything. */
export function subsetOfRun(scored: readonly ScoredUtterance[]): SubsetResult {
  const subset = new Set(
    subsetOf(
      scored.map(({ utterance }) => utterance),
      SUBSET_OF_EACH,
    ),
  );
  return subsetResult(scored.filter(({ utterance }) => subset.has(utterance)));
}

/** By how much the word error rates of two runs differ, on the same utterances. */
export function rateDifference(
  left: readonly ScoredUtterance[],
  right: readonly ScoredUtterance[],
): { readonly points: number; readonly of: Interval } {
  const pairs = left.map((each, index) => [each, right[index]!] as const);
  const difference = (drawn: readonly (typeof pairs)[number][]): number =>
    errorRate(drawn.map(([one]) => one)).rate - errorRate(drawn.map(([, other]) => other)).rate;
  return { points: difference(pairs), of: bootstrapInterval(pairs, difference) };
}

function groupResult(scored: readonly ScoredUtterance[]): GroupResult {
  const words = wordJudgements(scored, recommended);
  return {
    errors: errorRate(scored),
    written: words.length,
    right: mean(words.map(({ outcome }) => outcome)),
    meanConfidence: mean(words.map(({ confidence }) => confidence)),
    quality: quality(words),
    thresholds: thresholds(words),
  };
}

function errorRate(scored: readonly ScoredUtterance[]): ErrorRate {
  const count = (of: (each: ScoredUtterance) => number): number => scored.reduce((total, each) => total + of(each), 0);
  const words = count(({ reference }) => reference);
  const substitutions = count((each) => each.substitutions);
  const insertions = count((each) => each.insertions);
  const deletions = count((each) => each.deletions);
  const rate = (substitutions + insertions + deletions) / words;
  return { utterances: scored.length, words, substitutions, insertions, deletions, rate };
}

type WordJudgement = Judgement & { readonly utterance: Utterance };

function wordJudgements(scored: readonly ScoredUtterance[], of: WordConfidence): readonly WordJudgement[] {
  return scored.flatMap(({ utterance, words }) =>
    words.map((word) => ({ utterance, confidence: of(word), outcome: word.isCorrect ? 1 : 0 })),
  );
}

function utteranceJudgements(
  heard: readonly ScoredUtterance[],
  confidence: UtteranceConfidence,
  outcome: (each: ScoredUtterance) => number,
): readonly Judgement[] {
  return heard.map((each) => ({ confidence: confidence(each), outcome: outcome(each) }));
}

const exactness = (each: ScoredUtterance): number => (isExact(each) ? 1 : 0);
/** 1 less the word error rate, and not below 0. */
const shareRight = (each: ScoredUtterance): number => Math.max(0, 1 - errorRate([each]).rate);

function quality(judgements: readonly Judgement[]): Quality {
  return {
    ece: expectedCalibrationError(judgements),
    brier: brierScore(judgements),
    auroc: areaUnderRoc(judgements),
  };
}

function thresholds(judgements: readonly Judgement[]): readonly Threshold[] {
  const shareBelow = (threshold: number, outcome: number): number => {
    const same = judgements.filter((each) => each.outcome === outcome);
    return same.filter(({ confidence }) => confidence < threshold).length / same.length;
  };
  return THRESHOLDS.map((threshold) => ({
    threshold,
    wrongCaught: shareBelow(threshold, 0),
    rightAskedAgain: shareBelow(threshold, 1),
  }));
}

function surestMistakes(scored: readonly ScoredUtterance[]): RunResult['surestMistakes'] {
  return scored
    .flatMap(({ utterance, transcript, words }) =>
      words
        .filter(({ isCorrect }) => !isCorrect)
        .map((word) => ({
          confidence: recommended(word),
          word: word.text,
          said: utterance.text,
          written: transcript,
          voice: utterance.voice,
        })),
    )
    .sort((left, right) => right.confidence - left.confidence)
    .slice(0, SUREST_MISTAKES);
}

function familyOf({ group, family }: Utterance): string {
  return `${group}, ${family}`;
}

function table<Value>(names: readonly string[], valueOf: (name: string) => Value): Readonly<Record<string, Value>> {
  return Object.fromEntries(names.map((name) => [name, valueOf(name)]));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
