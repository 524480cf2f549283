import fc from 'fast-check';
import { capacityOf, surgePods, worstCase } from '../../../lib/planning/capacity';

const POD = { cpuMillis: 2000, memoryBytes: 734_003_200 };

describe('capacity', () => {
  test('at the minimum, the maximum and in a rollout at the maximum', () => {
    expect(worstCase(POD, { minReplicas: 2, maxReplicas: 8, maxSurge: 1 })).toEqual({
      min: { pods: 2, cpuMillis: 4000, memoryBytes: 1_468_006_400 },
      max: { pods: 8, cpuMillis: 16_000, memoryBytes: 5_872_025_600 },
      surge: { pods: 9, cpuMillis: 18_000, memoryBytes: 6_606_028_800 },
    });
  });

  test.each([
    [1, 8, 1],
    [0, 8, 0],
    ['25%', 8, 2],
    ['25%', 9, 3],
    ['0%', 9, 0],
    ['100%', 3, 3],
  ])('a surge of %s on %d replicas is %d pods', (maxSurge, replicas, pods) => {
    expect(surgePods(maxSurge, replicas)).toBe(pods);
  });

  test('grows with the pods, in whole units', () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.nat(1000),
        fc.record({ cpuMillis: fc.nat(64_000), memoryBytes: fc.nat() }),
        (some, more, pod) => {
          const [one, two, both] = [capacityOf(some, pod), capacityOf(more, pod), capacityOf(some + more, pod)];
          expect(both.cpuMillis).toBe(one.cpuMillis + two.cpuMillis);
          expect(both.memoryBytes).toBe(one.memoryBytes + two.memoryBytes);
        },
      ),
    );
  });

  test('is ordered: minimum, maximum, rollout', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), fc.nat(100), (minReplicas, room, percent) => {
        const { min, max, surge } = worstCase(POD, {
          minReplicas,
          maxReplicas: minReplicas + room,
          maxSurge: `${percent}%`,
        });
        expect(min.pods).toBe(minReplicas);
        expect(max.pods).toBe(minReplicas + room);
        expect(surge.pods - max.pods).toBe(Math.ceil((max.pods * percent) / 100));
      }),
    );
  });
});
