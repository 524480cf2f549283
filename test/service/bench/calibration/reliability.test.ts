import fc from 'fast-check';
import {
  areaUnderRoc,
  bootstrapInterval,
  brierScore,
  correlation,
  expectedCalibrationError,
  reliabilityBins,
  wilsonInterval,
  type Judgement,
} from '../../../../service/bench/calibration/reliability';

const judgement = (confidence: number, outcome: number): Judgement => ({ confidence, outcome });

describe('a reliability diagram', () => {
  it('puts a confidence of 1 into the last bin, and leaves out empty bins', () => {
    const bins = reliabilityBins([judgement(1, 1), judgement(0.95, 0), judgement(0.05, 0)]);

    expect(bins.map(({ from, count }) => [from, count])).toEqual([
      [0, 1],
      [0.9, 2],
    ]);
    expect(bins[1]).toMatchObject({ meanConfidence: 0.975, meanOutcome: 0.5 });
  });

  it('has the interval of Wilson', () => {
    // 8 of 10; Newcombe 1998 gives 0.490 and 0.943 by the same formula.
    const [low, high] = wilsonInterval(0.8, 10);

    expect(low).toBeCloseTo(0.49, 3);
    expect(high).toBeCloseTo(0.943, 3);
  });
});

describe('the expected calibration error', () => {
  it('weighs the gap of each bin by its count', () => {
    // Three in one bin, off by 0.9 - 2/3; one in another, off by 0.25.
    const judgements = [judgement(0.9, 1), judgement(0.9, 1), judgement(0.9, 0), judgement(0.25, 0)];

    expect(expectedCalibrationError(judgements)).toBeCloseTo((3 * (0.9 - 2 / 3) + 0.25) / 4, 12);
  });
});

describe('the Brier score', () => {
  it('is the mean squared error', () => {
    expect(brierScore([judgement(0.8, 1), judgement(0.5, 0)])).toBeCloseTo((0.04 + 0.25) / 2, 12);
  });
});

describe('the area under the ROC curve', () => {
  it('is the share of pairs of a right and a wrong one that are in order, ties as half', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ confidence: fc.constantFrom(0.1, 0.2, 0.3, 0.4), outcome: fc.constantFrom(0, 1) }), {
          maxLength: 30,
        }),
        (judgements) => {
          const pairs = judgements
            .filter(({ outcome }) => outcome === 1)
            .flatMap((right) =>
              judgements
                .filter(({ outcome }) => outcome === 0)
                .map((wrong) => (Math.sign(right.confidence - wrong.confidence) + 1) / 2),
            );
          const share = pairs.reduce((sum, each) => sum + each, 0) / pairs.length;

          if (Number.isNaN(share)) expect(areaUnderRoc(judgements)).toBeNaN();
          else expect(areaUnderRoc(judgements)).toBeCloseTo(share, 12);
        },
      ),
    );
  });
});

describe('correlation', () => {
  it('is 1 on a rising line and -1 on a falling one', () => {
    const rising = [0.1, 0.5, 0.9].map((confidence) => judgement(confidence, 2 * confidence));
    const falling = [0.1, 0.5, 0.9].map((confidence) => judgement(confidence, 1 - confidence));

    expect(correlation(rising)).toBeCloseTo(1, 12);
    expect(correlation(falling)).toBeCloseTo(-1, 12);
  });
});

describe('a bootstrap interval', () => {
  const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;

  it('covers about two standard errors to each side, and repeats', () => {
    const values = Array.from({ length: 400 }, (_, index) => index % 2);
    const [low, high] = bootstrapInterval(values, mean);

    expect(low).toBeGreaterThan(0.5 - 0.065);
    expect(low).toBeLessThan(0.5 - 0.035);
    expect(high).toBeGreaterThan(0.5 + 0.035);
    expect(high).toBeLessThan(0.5 + 0.065);
    expect(bootstrapInterval(values, mean)).toEqual([low, high]);
  });
});
