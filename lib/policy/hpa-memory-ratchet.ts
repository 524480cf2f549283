import { autoscalersOf, type Manifest } from './manifest';
import { bandsText, canScaleUp, memoryTargetsOf, neverScalesDown, ratchets, remedyText } from './memory-target';
import { mebibytes } from './resource-quantity';
import type { Finding, Rule } from './rule';

/** After a burst the autoscaler comes back to its minimum. */
export const hpaMemoryRatchet: Rule = {
  id: 'hpa-memory-ratchet',
  severity: 'error',
  cause: 'idle pods keep the autoscaler above its minimum for ever, since more pods do not make each of them smaller',
  explanation:
    'A memory target wants `ceil(pods × usage ÷ target)` pods. Whisper holds its model in memory whether or not anybody ' +
    'calls, so usage stays the same when pods are added or removed, and the count moves in one direction alone: up with ' +
    'each burst, down only while usage is at most target × min ÷ (min + 1). With 2 to 8 pods of 700Mi and a target of 70 % ' +
    'that is 328Mi; the real controllers of Kubernetes 1.30 and 1.37 were seen to rest where the table in the message ' +
    'says. Nobody notices before the first burst: started at the minimum, it stays there. Checked with the idle working ' +
    'set that the prop `idleMemory` declares for the whole pod, else with the one that was measured for the model, to ' +
    'which sidecars are added with all that they request. An autoscaler that may add pods and has ' +
    '`scaleDown.selectPolicy: Disabled` never comes back, whatever its pods use.',

  check(manifests) {
    const held = memoryTargetsOf(manifests).flatMap((target): Finding[] => {
      const { object, field, text, idle } = target;
      if (!idle || idle.source === 'assumed' || !ratchets(target, idle)) {
        return [];
      }
      return [
        {
          object,
          field,
          got: text,
          remedy: `A pod idles at ${mebibytes(idle.bytes)} (${idle.source}). ${bandsText(target)} ${remedyText(target, idle)}`,
        },
      ];
    });
    return [...held, ...withoutWayDown(manifests)];
  },
};

function withoutWayDown(manifests: readonly Manifest[]): Finding[] {
  return autoscalersOf(manifests)
    .filter(({ autoscaler }) => neverScalesDown(autoscaler) && canScaleUp(autoscaler))
    .map(({ object }) => ({
      object,
      field: 'spec.behavior.scaleDown.selectPolicy',
      got: 'Disabled',
      remedy:
        "No pod that a burst added is ever removed. Set it to 'Max' with policies that are as slow as you like, or " +
        "'minReplicas' to 'maxReplicas' for a fixed count.",
    }));
}
