import { bandsText, memoryTargetsOf, ratchets, remedyText } from './memory-target';
import { mebibytes } from './resource-quantity';
import type { Rule } from './rule';

/** Somebody knows how much memory an idle pod has. */
export const idleMemoryAssumed: Rule = {
  id: 'idle-memory-assumed',
  severity: 'advice',
  cause: 'the idle working set of this model was never measured, so that the autoscaler comes back is not proved',
  explanation:
    'Whether a memory target lets the autoscaler return to its minimum follows from the memory that an idle pod has (see ' +
    '`hpa-memory-ratchet`). It was measured for tiny alone. For the other sizes seven tenths of their need are assumed, ' +
    'and this advice is given where that is too much for the `memory` that was given; left out, it is computed to suit. ' +
    'Of a model of your own nothing is known. Measure `kubectl top pod` of a pod that has answered some requests, and ' +
    'declare it with the prop `idleMemory`.',

  check(manifests) {
    return memoryTargetsOf(manifests).flatMap((target) => {
      const { object, field, text, idle } = target;
      if (!idle) {
        return [{ object, field, got: text, remedy: `${bandsText(target)} Give the 'idleMemory' that you measured.` }];
      }
      if (idle.source !== 'assumed' || !ratchets(target, idle)) {
        return [];
      }
      const remedy = `Assumed are ${mebibytes(idle.bytes)}. ${bandsText(target)} ${remedyText(target, idle)}`;
      return [{ object, field, got: text, remedy }];
    });
  },
};
