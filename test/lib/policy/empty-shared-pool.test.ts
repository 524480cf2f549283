import { emptySharedPool } from '../../../lib/policy/empty-shared-pool';
import type { Container } from '../../../lib/policy/manifest';
import { deploymentOf, serverContainer } from './manifests';

const sharing = (cpu: string, change: Partial<Container> = {}): Container => ({
  name: 'logs',
  resources: { requests: { cpu } },
  ...change,
});

describe('empty-shared-pool', () => {
  test('is advice', () => {
    expect(emptySharedPool.severity).toBe('advice');
  });

  test('finds a sidecar with part of a CPU', () => {
    expect(emptySharedPool.check([deploymentOf({ containers: [serverContainer(), sharing('100m')] })])).toEqual([
      {
        object: 'Deployment stt',
        field: 'containers[logs].resources.requests.cpu',
        got: '100m',
        remedy: 'Leave one CPU of each node beyond the reserved ones to the shared pool.',
      },
    ]);
  });

  test('finds a native sidecar, and lets an init container be that ends before the server starts', () => {
    const containers = [serverContainer()];

    expect(
      emptySharedPool.check([
        deploymentOf({ containers, initContainers: [sharing('0.5', { restartPolicy: 'Always' })] }),
      ]),
    ).toHaveLength(1);
    expect(emptySharedPool.check([deploymentOf({ containers, initContainers: [sharing('0.5')] })])).toEqual([]);
  });

  test('finds nothing where each container has CPUs of its own, or none stated', () => {
    expect(
      emptySharedPool.check([deploymentOf({ containers: [serverContainer(), sharing('1'), { name: 'none' }] })]),
    ).toEqual([]);
  });
});
