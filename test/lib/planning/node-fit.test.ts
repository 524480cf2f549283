import fc from 'fast-check';
import { nodeFit, nodesFor, type PinningNode } from '../../../lib/planning/node-fit';

const POD = { pinned: 2, sharedMillis: 0 };

function node(change: Partial<PinningNode> = {}): PinningNode {
  return { cpus: 8, threadsPerCore: 2, reservedCpus: 1, fullPhysicalCpusOnly: false, ...change };
}

describe('a node', () => {
  test('takes the pods that its CPUs make up, less the reserved ones', () => {
    expect(nodeFit(node(), POD)).toEqual({ pods: 3, unpinnedCpus: 2, strictPoolIsEmpty: false });
  });

  test('whose CPUs are all pinned has an empty pool under strict reservation', () => {
    expect(nodeFit(node({ reservedCpus: 2 }), POD)).toEqual({ pods: 3, unpinnedCpus: 2, strictPoolIsEmpty: true });
  });

  test('that takes no pod has no empty pool', () => {
    expect(nodeFit(node({ cpus: 1 }), POD)).toEqual({ pods: 0, unpinnedCpus: 1, strictPoolIsEmpty: false });
  });

  test('gives away whole cores alone: an odd request fails', () => {
    const strict = node({ fullPhysicalCpusOnly: true });

    expect(nodeFit(strict, { pinned: 3, sharedMillis: 0 }).pods).toBe(0);
    expect(nodeFit({ ...strict, threadsPerCore: 1 }, { pinned: 3, sharedMillis: 0 }).pods).toBe(2);
  });

  test('loses the other thread of a core that is half reserved', () => {
    expect(nodeFit(node({ cpus: 9, reservedCpus: 2 }), { pinned: 7, sharedMillis: 0 }).pods).toBe(1);
    expect(nodeFit(node({ cpus: 7, fullPhysicalCpusOnly: true }), POD).pods).toBe(3);
    expect(nodeFit(node({ cpus: 8, reservedCpus: 3, fullPhysicalCpusOnly: true }), POD).pods).toBe(2);
    expect(
      nodeFit(node({ cpus: 8, reservedCpus: 3, fullPhysicalCpusOnly: true }), { pinned: 4, sharedMillis: 0 }).pods,
    ).toBe(1);
  });

  test('takes fewer pods where each brings sidecars', () => {
    expect(nodeFit(node({ reservedCpus: 2 }), { pinned: 2, sharedMillis: 100 })).toEqual({
      pods: 2,
      unpinnedCpus: 4,
      strictPoolIsEmpty: false,
    });
  });

  test('whose CPUs are all reserved takes none', () => {
    expect(nodeFit(node({ cpus: 2, reservedCpus: 4 }), POD).pods).toBe(0);
  });

  test('of that kind is needed once for each load it can carry', () => {
    expect([0, 1, 3, 4, 9].map((pods) => nodesFor(pods, nodeFit(node(), POD)))).toEqual([0, 1, 1, 2, 3]);
    expect(nodesFor(1, nodeFit(node({ cpus: 2 }), POD))).toBeUndefined();
  });

  test('never promises more than it has, and always one pod where one fits', () => {
    const sizes = fc.record({
      cpus: fc.integer({ min: 1, max: 256 }),
      threadsPerCore: fc.constantFrom(1, 2),
      reservedCpus: fc.nat(8),
      fullPhysicalCpusOnly: fc.boolean(),
    });
    const pods = fc.record({ pinned: fc.integer({ min: 1, max: 32 }), sharedMillis: fc.nat(4000) });
    fc.assert(
      fc.property(sizes, pods, (size, pod) => {
        const fit = nodeFit(size, pod);
        const allocatable = Math.max(0, size.cpus - size.reservedCpus);
        expect(fit.pods * (pod.pinned * 1000 + pod.sharedMillis)).toBeLessThanOrEqual(allocatable * 1000);
        expect(fit.unpinnedCpus).toBe(size.cpus - fit.pods * pod.pinned);
        if (!size.fullPhysicalCpusOnly) {
          const oneMore = (fit.pods + 1) * (pod.pinned * 1000 + pod.sharedMillis);
          expect(oneMore > allocatable * 1000 || (fit.pods + 1) * pod.pinned > allocatable).toBe(true);
        }
      }),
    );
  });
});
