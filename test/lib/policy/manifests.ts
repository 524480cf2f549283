import type { Container, Manifest, PodSpec } from '../../../lib/policy/manifest';

/** A Deployment with the given containers, as a rule reads it. */
export function deploymentOf(pod: PodSpec): Manifest {
  return { kind: 'Deployment', metadata: { name: 'stt' }, spec: { template: { spec: pod } } };
}

/** A container of the server, Guaranteed and pinned but for what is changed. */
export function serverContainer(change: Partial<Container> = {}): Container {
  return {
    name: 'server',
    env: [
      { name: 'STT_MODEL', value: 'tiny' },
      { name: 'OMP_NUM_THREADS', value: '2' },
      { name: 'MKL_NUM_THREADS', value: '2' },
    ],
    resources: { requests: { cpu: '2', memory: '700Mi' }, limits: { cpu: '2', memory: '700Mi' } },
    ...change,
  };
}
