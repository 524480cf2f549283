import { crossValidated, fitLogistic, RECALIBRATIONS } from '../../../../service/bench/calibration/recalibration';
import type { Judgement } from '../../../../service/bench/calibration/reliability';

const { temperature, platt, isotonic } = RECALIBRATIONS;

/** As many judgements at each confidence as show the share of right ones exactly. */
function withShares(shares: Readonly<Record<number, number>>, count = 100): Judgement[] {
  return Object.entries(shares).flatMap(([confidence, share]) =>
    Array.from({ length: count }, (_, index) => ({
      confidence: Number(confidence),
      outcome: index < Math.round(share * count) ? 1 : 0,
    })),
  );
}

describe('recalibration', () => {
  it('leaves alone what is calibrated', () => {
    const judgements = withShares({ 0.2: 0.2, 0.5: 0.5, 0.9: 0.9 });
    const { slope, offset } = fitLogistic(judgements, true);

    expect(slope).toBeCloseTo(1, 3);
    expect(offset).toBeCloseTo(0, 3);
    for (const fit of [temperature, platt, isotonic]) expect(fit(judgements)(0.9)).toBeCloseTo(0.9, 3);
  });

  it('finds the slope and the offset that were put in', () => {
    const shareAt = (confidence: number): number =>
      1 / (1 + Math.exp(-(0.5 * Math.log(confidence / (1 - confidence)) - 1)));
    const judgements = withShares(
      Object.fromEntries([0.1, 0.3, 0.6, 0.8, 0.95].map((confidence) => [confidence, shareAt(confidence)])),
      1000,
    );
    const { slope, offset } = fitLogistic(judgements, true);

    expect(slope).toBeCloseTo(0.5, 2);
    expect(offset).toBeCloseTo(-1, 2);
    expect(platt(judgements)(0.8)).toBeCloseTo(shareAt(0.8), 2);
  });

  it('by isotonic regression never falls where confidence rises', () => {
    const steps = isotonic(withShares({ 0.2: 0.4, 0.4: 0.2, 0.6: 0.7, 0.8: 0.6, 1: 1 }));

    expect([0.2, 0.4, 0.6, 0.8, 1].map((confidence) => steps(confidence).toFixed(2))).toEqual(
      [0.3, 0.3, 0.65, 0.65, 1].map((share) => share.toFixed(2)),
    );
  });

  it('is cross-validated by what the other folds teach', () => {
    const items = [
      ...withShares({ 0.9: 1 }).map((each) => ({ ...each, voice: 'clear' })),
      ...withShares({ 0.9: 0.5 }).map((each) => ({ ...each, voice: 'hoarse' })),
    ];
    const judged = crossValidated(items, ({ voice }) => voice, isotonic);

    expect(judged).toHaveLength(items.length);
    expect(judged[0]!.confidence).toBe(0.5);
    expect(judged.at(-1)!.confidence).toBe(1);
  });

  it('leaves a set of one fold as it is: there is nothing to learn from', () => {
    const items = withShares({ 0.9: 0.5 });

    expect(crossValidated(items, () => 'only voice', isotonic)).toEqual(items);
  });
});
