import { clusterVersion } from './control-plane';
import { idleMebibytes, predictRestingPoint, synthAccepts } from './predicted-resting-point';
import { measureRestingPoint } from './resting-point';
import { SynthesizedApp } from './synthesized-app';

const app = SynthesizedApp.named('voice-agent-phase5');

describe('the autoscaler of idle pods', () => {
  // The idle working set, and one end of three intervals of docs/hpa-ratchet.md.
  test.concurrent.each([
    ['returns to the minimum with the idle working set', idleMebibytes(app), { fromMax: 2, fromMin: 2 }],
    ['returns to the minimum with the largest that lets it', 328, { fromMax: 2, fromMin: 2 }],
    ['sticks above the minimum with what the deployment document saw', 390, { fromMax: 4, fromMin: 2 }],
    ['runs away from the minimum above target and tolerance', 546, { fromMax: 8, fromMin: 8 }],
  ])('%s, %iMi, as the rule predicts', async (_title, workingSetMebibytes, expected) => {
    const measured = await measureRestingPoint(app, workingSetMebibytes);

    expect(measured).toEqual({ workingSetMebibytes, ...expected });
    expect(measured).toEqual(predictRestingPoint(app, workingSetMebibytes, clusterVersion()));
    expect(synthAccepts(app, workingSetMebibytes)).toBe(measured.fromMax === app.hpa.spec.minReplicas);
  });
});
