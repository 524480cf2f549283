import fc from 'fast-check';
import { gracePeriodSeconds } from '../../../lib/planning/drain-budget';

describe('the drain budget', () => {
  test('is the sum of times that follow each other', () => {
    expect(
      gracePeriodSeconds({ preStopSeconds: 7, drainDelaySeconds: 5, longestRequestSeconds: 60, marginSeconds: 10 }),
    ).toBe(82);
  });

  test('leaves a request that came last its whole time and the margin', () => {
    const seconds = fc.nat(10_000);
    fc.assert(
      fc.property(seconds, seconds, seconds, seconds, (preStop, delay, longest, margin) => {
        const grace = gracePeriodSeconds({
          preStopSeconds: preStop,
          drainDelaySeconds: delay,
          longestRequestSeconds: longest,
          marginSeconds: margin,
        });
        const lastRequestBegins = preStop + delay;
        expect(grace - (lastRequestBegins + longest)).toBe(margin);
      }),
    );
  });
});
