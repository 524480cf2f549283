import fc from 'fast-check';
import {
  averageValueRatio,
  BYTES_IN_MEBIBYTE,
  CONTROLLERS,
  desiredReplicas,
  restingBands,
  restingReplicas,
  returnsToMinimum,
  runawayMebibytes,
  smallestRequestMebibytes,
  smallestWholeNumber,
  utilizationRatio,
  type Controller,
  type MemoryAutoscaler,
} from '../../../lib/planning/hpa-ratchet';

const mebibytes = (count: number): number => count * BYTES_IN_MEBIBYTE;

function autoscaler(change: Partial<MemoryAutoscaler> = {}): MemoryAutoscaler {
  return { minReplicas: 2, maxReplicas: 8, usageRatio: utilizationRatio(mebibytes(700), 70), ...change };
}

/** Measured with the real controllers of Kubernetes 1.30.14 and 1.37.2: request 700Mi, target 70 %, 2 to 8 replicas. */
describe('the autoscaler of the deployment document', () => {
  const resting = (start: number, workingSet: number, controller: Controller): number =>
    restingReplicas(start, autoscaler(), mebibytes(workingSet), controller);

  test.each([
    [1, 2],
    [328, 2],
    [329, 3],
    [370, 3],
    [371, 4],
    [398, 4],
    [399, 5],
    [412, 5],
    [413, 6],
    [426, 6],
    [427, 7],
    [433, 7],
    [434, 8],
    [538, 8],
    [539, 8],
    [545, 8],
    [546, 8],
    [700, 8],
  ])('with pods of %dMi that idle it comes down from 8 to %d', (workingSet, replicas) => {
    expect(CONTROLLERS.map((controller) => resting(8, workingSet, controller))).toEqual([replicas, replicas]);
  });

  test.each([
    [328, 2, 2],
    [434, 2, 2],
    [538, 2, 2],
    [539, 8, 2],
    [545, 8, 2],
    [546, 8, 8],
    [700, 8, 8],
  ])(
    'with pods of %dMi it goes from 2 to %d up to Kubernetes 1.32, and to %d from 1.33 on',
    (workingSet, old, recent) => {
      expect(resting(2, workingSet, 'up to 1.32')).toBe(old);
      expect(resting(2, workingSet, 'from 1.33')).toBe(recent);
    },
  );

  test.each(CONTROLLERS)('has these bands (%s)', (controller) => {
    expect(restingBands(autoscaler(), controller)).toEqual([
      { replicas: 2, fromMebibytes: 0, toMebibytes: 328 },
      { replicas: 3, fromMebibytes: 329, toMebibytes: 370 },
      { replicas: 4, fromMebibytes: 371, toMebibytes: 398 },
      { replicas: 5, fromMebibytes: 399, toMebibytes: 412 },
      { replicas: 6, fromMebibytes: 413, toMebibytes: 426 },
      { replicas: 7, fromMebibytes: 427, toMebibytes: 433 },
      { replicas: 8, fromMebibytes: 434, toMebibytes: undefined },
    ]);
  });

  test('runs away with no load at 77 %, which is 1.1 of its target, or just above', () => {
    expect(runawayMebibytes(autoscaler(), 'up to 1.32')).toBe(539);
    expect(runawayMebibytes(autoscaler(), 'from 1.33')).toBe(546);
  });

  test('returns to its minimum up to 328Mi', () => {
    expect(returnsToMinimum(autoscaler(), mebibytes(328))).toBe(true);
    expect(returnsToMinimum(autoscaler(), mebibytes(329))).toBe(false);
  });

  test('needs a request of 724Mi to come back with pods of 340Mi', () => {
    const range = { minReplicas: 2, maxReplicas: 8 };

    expect(smallestRequestMebibytes(range, 70, mebibytes(340))).toBe(724);
    expect(returnsToMinimum(autoscaler({ usageRatio: utilizationRatio(mebibytes(724), 70) }), mebibytes(340))).toBe(
      true,
    );
    expect(returnsToMinimum(autoscaler({ usageRatio: utilizationRatio(mebibytes(723), 70) }), mebibytes(340))).toBe(
      false,
    );
  });
});

describe('an autoscaler', () => {
  test('of a fixed count rests there, and never runs away', () => {
    const fixed = autoscaler({ minReplicas: 3, maxReplicas: 3 });

    expect(restingBands(fixed, 'from 1.33')).toEqual([{ replicas: 3, fromMebibytes: 0, toMebibytes: undefined }]);
    expect(runawayMebibytes(fixed, 'from 1.33')).toBeUndefined();
    expect(returnsToMinimum(fixed, mebibytes(10_000))).toBe(true);
  });

  test('leaves out counts at which no whole percentage rests', () => {
    const bands = restingBands(autoscaler({ maxReplicas: 60 }), 'from 1.33');

    expect(bands.length).toBeLessThan(59);
    expect(bands.at(-1)!.replicas).toBe(60);
    expect(bands.at(-1)!.toMebibytes).toBeUndefined();
  });

  test('of an average value takes the working set as it is, not in whole percentages', () => {
    const average = autoscaler({ usageRatio: averageValueRatio(mebibytes(490)) });

    expect(restingBands(average, 'from 1.33')[0]).toEqual({ replicas: 2, fromMebibytes: 0, toMebibytes: 326 });
    expect(runawayMebibytes(average, 'from 1.33')).toBe(540);
  });

  test('rounds utilization down to a whole percentage, as the controller does', () => {
    expect(utilizationRatio(1000, 50)(509)).toBe(1);
    expect(utilizationRatio(1000, 50)(510)).toBe(1.02);
  });

  test.each([
    [8, 0.9, 8],
    [8, 0.89, 8],
    [8, 0.87, 7],
    [2, 0.5, 1],
    [10, 1.11, 12],
    [4, 1, 4],
    [4, 0, 0],
  ])('of %d replicas at a ratio of %d wants %d', (replicas, ratio, desired) => {
    for (const controller of CONTROLLERS) {
      expect(desiredReplicas(replicas, ratio, controller)).toBe(desired);
    }
  });

  test('at a ratio of 1.1 stays from 1.33 on, and grows before', () => {
    expect(desiredReplicas(10, 77 / 70, 'from 1.33')).toBe(10);
    expect(desiredReplicas(10, 77 / 70, 'up to 1.32')).toBe(11);
  });

  test('at a ratio of 0.9 stays, whichever release', () => {
    expect(CONTROLLERS.map((controller) => desiredReplicas(100, 63 / 70, controller))).toEqual([100, 100]);
    expect(CONTROLLERS.map((controller) => desiredReplicas(100, 62 / 70, controller))).toEqual([89, 89]);
  });
});

describe('for every range, target, request and working set', () => {
  const scenario = fc
    .record({
      minReplicas: fc.integer({ min: 1, max: 20 }),
      room: fc.integer({ min: 0, max: 30 }),
      request: fc.integer({ min: 1, max: 4096 }),
      target: fc.integer({ min: 1, max: 100 }),
      workingSet: fc.integer({ min: 0, max: 5000 }),
      controller: fc.constantFrom(...CONTROLLERS),
    })
    .map(({ minReplicas, room, request, target, ...rest }) => ({
      ...rest,
      target,
      scaler: {
        minReplicas,
        maxReplicas: minReplicas + room,
        usageRatio: utilizationRatio(mebibytes(request), target),
      },
    }));

  test('one pod at a time or all at once, the autoscaler ends at the same count', () => {
    fc.assert(
      fc.property(scenario, ({ scaler, workingSet, controller }) => {
        const ratio = scaler.usageRatio(mebibytes(workingSet));
        let replicas = scaler.maxReplicas;
        while (replicas > scaler.minReplicas && desiredReplicas(replicas, ratio, controller) < replicas) {
          replicas -= 1;
        }
        expect(restingReplicas(scaler.maxReplicas, scaler, mebibytes(workingSet), controller)).toBe(replicas);
      }),
    );
  });

  test('the bands follow each other without a gap, and each holds what it says', () => {
    fc.assert(
      fc.property(scenario, ({ scaler, controller }) => {
        const bands = restingBands(scaler, controller);
        expect(bands[0]!.fromMebibytes).toBe(0);
        bands.forEach(({ replicas, fromMebibytes, toMebibytes }, index) => {
          const ends = toMebibytes === undefined ? [fromMebibytes] : [fromMebibytes, toMebibytes];
          for (const end of ends) {
            expect(restingReplicas(scaler.maxReplicas, scaler, mebibytes(end), controller)).toBe(replicas);
          }
          expect(bands[index + 1]?.fromMebibytes).toBe(toMebibytes === undefined ? undefined : toMebibytes + 1);
        });
      }),
    );
  });

  test('more memory never leaves fewer pods, and a higher start never ends lower', () => {
    fc.assert(
      fc.property(scenario, fc.integer({ min: 0, max: 500 }), ({ scaler, workingSet, controller }, more) => {
        const { minReplicas, maxReplicas } = scaler;
        const rest = (start: number, size: number): number =>
          restingReplicas(start, scaler, mebibytes(size), controller);
        expect(rest(maxReplicas, workingSet + more)).toBeGreaterThanOrEqual(rest(maxReplicas, workingSet));
        expect(rest(maxReplicas, workingSet)).toBeGreaterThanOrEqual(rest(minReplicas, workingSet));
      }),
    );
  });

  test('the smallest request is the smallest that returns', () => {
    fc.assert(
      fc.property(scenario, ({ scaler, target, workingSet }) => {
        const range = { minReplicas: scaler.minReplicas, maxReplicas: scaler.maxReplicas };
        const smallest = smallestRequestMebibytes(range, target, mebibytes(workingSet));
        const returns = (request: number): boolean =>
          returnsToMinimum(
            { ...range, usageRatio: utilizationRatio(mebibytes(request), target) },
            mebibytes(workingSet),
          );
        expect(returns(smallest)).toBe(true);
        expect(smallest === 1 || !returns(smallest - 1)).toBe(true);
      }),
    );
  });

  test('the smallest whole number with a property is found', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (threshold) => {
        expect(smallestWholeNumber((candidate) => candidate >= threshold)).toBe(threshold);
      }),
    );
  });
});
