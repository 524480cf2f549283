/** A confidence, and how right it turned out to be: 0 or 1, or a share. */
export interface Judgement {
  readonly confidence: number;
  readonly outcome: number;
}

/** Judgements whose confidences lie in the same range. */
export interface ReliabilityBin {
  readonly from: number;
  /** Not included, but in the last bin. */
  readonly to: number;
  readonly count: number;
  readonly meanConfidence: number;
  readonly meanOutcome: number;
  /** Wilson's interval of the share, 95 %. */
  readonly interval: readonly [low: number, high: number];
}

/** Bins of equal width; those that nothing falls into are left out. */
export function reliabilityBins(judgements: readonly Judgement[], bins = 10): readonly ReliabilityBin[] {
  const inside = Array.from({ length: bins }, (): Judgement[] => []);
  for (const each of judgements) inside[Math.min(bins - 1, Math.floor(each.confidence * bins))]!.push(each);
  return inside.flatMap((own, n) => {
    if (own.length === 0) return [];
    const meanOutcome = mean(own.map(({ outcome }) => outcome));
    return {
      from: n / bins,
      to: (n + 1) / bins,
      count: own.length,
      meanConfidence: mean(own.map(({ confidence }) => confidence)),
      meanOutcome,
      interval: wilsonInterval(meanOutcome, own.length),
    };
  });
}

/**
 * Expected calibration error (arXiv:1706.04599): how far confidence and outcome are apart on average, over bins of equal
 * width. 0 is perfect.
 */
export function expectedCalibrationError(judgements: readonly Judgement[], bins = 10): number {
  const gaps = reliabilityBins(judgements, bins).map(
    ({ count, meanConfidence, meanOutcome }) => count * Math.abs(meanConfidence - meanOutcome),
  );
  return gaps.reduce((sum, gap) => sum + gap, 0) / judgements.length;
}

/** Mean squared difference of confidence and outcome (Brier 1950). 0 is perfect. */
export function brierScore(judgements: readonly Judgement[]): number {
  return mean(judgements.map(({ confidence, outcome }) => (confidence - outcome) ** 2));
}

/**
 * Chance that a right one has the higher confidence of a right and a wrong one (area under the ROC curve): 1 where a
 * threshold parts them, 0.5 where confidence says nothing. NaN where all are right or all are wrong.
 */
export function areaUnderRoc(judgements: readonly Judgement[]): number {
  const sorted = [...judgements].sort((left, right) => left.confidence - right.confidence);
  let [wrongBelow, pairs, right, wrong] = [0, 0, 0, 0];
  for (let from = 0; from < sorted.length;) {
    let to = from;
    while (to < sorted.length && sorted[to]!.confidence === sorted[from]!.confidence) to++;
    const same = sorted.slice(from, to);
    const rightHere = same.filter(({ outcome }) => outcome === 1).length;
    const wrongHere = same.length - rightHere;
    pairs += rightHere * (wrongBelow + wrongHere / 2);
    wrongBelow += wrongHere;
    right += rightHere;
    wrong += wrongHere;
    from = to;
  }
  return pairs / (right * wrong);
}

/** Pearson's correlation of confidence and outcome. */
export function correlation(judgements: readonly Judgement[]): number {
  const x = mean(judgements.map(({ confidence }) => confidence));
  const y = mean(judgements.map(({ outcome }) => outcome));
  let [xy, xx, yy] = [0, 0, 0];
  for (const { confidence, outcome } of judgements) {
    xy += (confidence - x) * (outcome - y);
    xx += (confidence - x) ** 2;
    yy += (outcome - y) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

/** Two standard errors, for 95 %. */
const Z = 1.96;

/** Interval of a share that was seen in `count` tries, 95 % (Wilson 1927). */
export function wilsonInterval(share: number, count: number): readonly [low: number, high: number] {
  const z2 = Z ** 2 / count;
  const middle = (share + z2 / 2) / (1 + z2);
  const half = (Z / (1 + z2)) * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/**
 * How much a statistic depends on which utterances happen to be in the set: the middle 95 % of its values when as many
 * are drawn again with repetition. Words of an utterance stay together: they are wrong together.
 */
export function bootstrapInterval<Item>(
  items: readonly Item[],
  statistic: (drawn: readonly Item[]) => number,
  draws = 400,
): readonly [low: number, high: number] {
  const random = newRandom();
  const values = Array.from({ length: draws }, () =>
    statistic(items.map(() => items[Math.floor(random() * items.length)]!)),
  ).filter((value) => !Number.isNaN(value));
  values.sort((left, right) => left - right);
  const at = (share: number): number => values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? NaN;
  return [at(0.025), at(0.975)];
}

/** A linear congruential generator (Numerical Recipes), so that a report repeats. */
function newRandom(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
