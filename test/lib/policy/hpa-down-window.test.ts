import { hpaDownWindow } from '../../../lib/policy/hpa-down-window';
import type { ScalingRules } from '../../../lib/policy/manifest';
import { autoscalerOf, deploymentOf, serverContainer } from './manifests';

const deployment = deploymentOf({ containers: [serverContainer()] });

function check(scaleDown?: ScalingRules): ReturnType<typeof hpaDownWindow.check> {
  return hpaDownWindow.check([deployment, autoscalerOf(scaleDown && { behavior: { scaleDown } })]);
}

const period = (...seconds: number[]): { periodSeconds: number }[] =>
  seconds.map((periodSeconds) => ({ periodSeconds }));

describe('hpa-down-window', () => {
  test.each([
    [{ stabilizationWindowSeconds: 61, policies: period(60, 15) }],
    [{ policies: period(299) }],
    [{ stabilizationWindowSeconds: 16 }],
    [{}],
    [{ stabilizationWindowSeconds: 0, selectPolicy: 'Disabled' }],
    [undefined],
  ])('finds nothing in %j', (scaleDown) => {
    expect(check(scaleDown)).toEqual([]);
  });

  test.each([
    [{ stabilizationWindowSeconds: 20, policies: period(15, 60, 30) }, '20', 60],
    [{ stabilizationWindowSeconds: 60, policies: period(60) }, '60', 60],
    [{ stabilizationWindowSeconds: 0 }, '0', 15],
    [{ stabilizationWindowSeconds: 15 }, '15', 15],
    [{ policies: period(300) }, '300', 300],
    [{ stabilizationWindowSeconds: 0, selectPolicy: 'Min' }, '0', 15],
  ])('finds %j', (scaleDown, got, longest) => {
    expect(check(scaleDown)).toEqual([
      {
        object: 'HorizontalPodAutoscaler stt-hpa',
        field: 'spec.behavior.scaleDown.stabilizationWindowSeconds',
        got,
        remedy: `Make it longer than the longest period of the scale-down policies, ${longest} s.`,
      },
    ]);
  });

  test("looks at the autoscalers of Whisper pods alone, in the pods' own namespace", () => {
    const bad = { behavior: { scaleDown: { stabilizationWindowSeconds: 0 } } };
    const elsewhere = { ...autoscalerOf(bad), metadata: { name: 'stt-hpa', namespace: 'elsewhere' } };
    const ofAnother = autoscalerOf({ ...bad, scaleTargetRef: { kind: 'Deployment', name: 'web' } });
    const ofAnotherKind = autoscalerOf({ ...bad, scaleTargetRef: { kind: 'StatefulSet', name: 'stt' } });
    const ofNothing = autoscalerOf({ ...bad, scaleTargetRef: undefined });
    const noAutoscaler = { ...autoscalerOf(bad), kind: 'Other' };

    expect(hpaDownWindow.check([deployment, elsewhere, ofAnother, ofAnotherKind, ofNothing, noAutoscaler])).toEqual([]);
    expect(hpaDownWindow.check([autoscalerOf(bad), deployment])).toHaveLength(1);
  });
});
