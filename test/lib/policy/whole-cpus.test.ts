import { wholeCpus } from '../../../lib/policy/whole-cpus';
import { deploymentOf, serverContainer } from './manifests';

function check(cpu: string | undefined): ReturnType<typeof wholeCpus.check> {
  const requests: Record<string, string> = cpu === undefined ? {} : { cpu };
  return wholeCpus.check([deploymentOf({ containers: [serverContainer({ resources: { requests } })] })]);
}

describe('whole-cpus', () => {
  test.each(['1', '2', '2000m', '2.0', '16'])('%s can be pinned', (cpu) => {
    expect(check(cpu)).toEqual([]);
  });

  test.each(['1500m', '0.5', '250m', '0', 'two', undefined])('%s cannot', (cpu) => {
    expect(check(cpu)).toEqual([
      {
        object: 'Deployment stt',
        field: 'containers[server].resources.requests.cpu',
        got: cpu,
        remedy: "Give whole CPUs, with the prop 'cpus'.",
      },
    ]);
  });

  test('lets a sidecar have a fraction: the server stays pinned', () => {
    const sidecar = { name: 'logs', resources: { requests: { cpu: '100m' } } };

    expect(wholeCpus.check([deploymentOf({ containers: [serverContainer(), sidecar] })])).toEqual([]);
  });
});
