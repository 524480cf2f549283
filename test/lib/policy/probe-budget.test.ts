import type { Container, Probe } from '../../../lib/policy/manifest';
import { probeBudget } from '../../../lib/policy/probe-budget';
import { deploymentOf, serverOf } from './manifests';

function check(change: Partial<Container>, model = 'tiny'): ReturnType<typeof probeBudget.check> {
  return probeBudget.check([deploymentOf({ containers: [serverOf(model, 'int8', change), { name: 'logs' }] })]);
}

const probe = (failureThreshold: number): Probe => ({ periodSeconds: 2, failureThreshold });

describe('probe-budget', () => {
  test('finds nothing where the model is loaded before the last failure', () => {
    expect(check({ startupProbe: probe(7) })).toEqual([]);
  });

  test('finds a startup probe that gives up earlier', () => {
    expect(check({ startupProbe: probe(6), livenessProbe: probe(100) })).toEqual([
      {
        object: 'Deployment stt',
        field: 'containers[server].startupProbe',
        got: '10 s until the restart',
        remedy:
          "The model tiny in int8 may take 12 s to load: raise the failureThreshold of 'startupProbe' to 7 or more.",
      },
    ]);
  });

  test('looks at the liveness probe where no startup probe holds it back', () => {
    expect(check({ livenessProbe: { periodSeconds: 5, failureThreshold: 2 } })[0]).toMatchObject({
      field: 'containers[server].livenessProbe',
      got: '5 s until the restart',
    });
  });

  test('finds nothing without a probe, or with a model of unknown size', () => {
    expect(check({})).toEqual([]);
    expect(check({ startupProbe: probe(1) }, 'medical')).toEqual([]);
  });
});
