import fc from 'fast-check';
import { failureThresholdFor, probeBudgetSeconds } from '../../../lib/planning/probe-budget';

/** What a kubelet does with a container that never answers: the moment of the n-th failure. */
function secondsOfFailure(count: number, initialDelay: number, period: number): number {
  let now = initialDelay;
  for (let failures = 1; failures < count; failures += 1) {
    now += period;
  }
  return now;
}

describe('the probe budget', () => {
  test.each([
    [{ periodSeconds: 2, failureThreshold: 60 }, 118],
    [{ initialDelaySeconds: 30, periodSeconds: 10, failureThreshold: 3 }, 50],
    [{ initialDelaySeconds: 5, periodSeconds: 10, failureThreshold: 1 }, 5],
    [{}, 20],
  ])('of %j is %d s', (probe, seconds) => {
    expect(probeBudgetSeconds(probe)).toBe(seconds);
  });

  test('ends with the last failure that a kubelet counts', () => {
    fc.assert(
      fc.property(
        fc.nat(600),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 300 }),
        (delay, period, count) => {
          expect(
            probeBudgetSeconds({ initialDelaySeconds: delay, periodSeconds: period, failureThreshold: count }),
          ).toBe(secondsOfFailure(count, delay, period));
        },
      ),
    );
  });

  test('the smallest threshold for a time gives that time, and one less does not', () => {
    fc.assert(
      fc.property(fc.nat(600), fc.nat(60), fc.integer({ min: 1, max: 60 }), (seconds, delay, period) => {
        const probe = { initialDelaySeconds: delay, periodSeconds: period };
        const failureThreshold = failureThresholdFor(seconds, probe);
        expect(failureThreshold).toBeGreaterThanOrEqual(1);
        expect(probeBudgetSeconds({ ...probe, failureThreshold })).toBeGreaterThanOrEqual(seconds);
        if (failureThreshold > 1) {
          expect(probeBudgetSeconds({ ...probe, failureThreshold: failureThreshold - 1 })).toBeLessThan(seconds);
        }
      }),
    );
  });

  test("takes Kubernetes' period where none is given", () => {
    expect(failureThresholdFor(60, {})).toBe(7);
  });
});
