import { secretEnv } from '../../../lib/policy/secret-env';
import { deploymentOf, serverContainer } from './manifests';

describe('secret-env', () => {
  test('is advice', () => {
    expect(secretEnv.severity).toBe('advice');
  });

  test('finds variables that come from a Secret, by name or as a whole', () => {
    const sidecar = {
      name: 'logs',
      env: [
        { name: 'A', value: 'x' },
        { name: 'B', valueFrom: {} },
        { name: 'C', valueFrom: { secretKeyRef: { name: 'keys' } } },
        { name: 'D', valueFrom: { secretKeyRef: {} } },
      ],
      envFrom: [{}, { secretRef: { name: 'all' } }, { secretRef: {} }],
    };

    expect(secretEnv.check([deploymentOf({ containers: [serverContainer(), sidecar] })])).toEqual(
      [
        ['containers[logs].env.C', 'from Secret keys'],
        ['containers[logs].env.D', 'from Secret '],
        ['containers[logs].envFrom', 'from Secret all'],
        ['containers[logs].envFrom', 'from Secret '],
      ].map(([field, got]) => ({ object: 'Deployment stt', field, got, remedy: 'Mount the Secret as a file.' })),
    );
  });

  test('finds nothing without Secrets', () => {
    expect(secretEnv.check([deploymentOf({ containers: [serverContainer(), { name: 'logs' }] })])).toEqual([]);
  });
});
