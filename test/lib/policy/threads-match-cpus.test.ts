import { threadsMatchCpus } from '../../../lib/policy/threads-match-cpus';
import { deploymentOf, serverContainer } from './manifests';

function check(threads: readonly [string, string][], cpu: string | undefined = '2'): (string | undefined)[] {
  const env = [['STT_MODEL', 'tiny'] as const, ...threads].map(([name, value]) => ({ name, value }));
  const limits: Record<string, string> = cpu === '' ? {} : { cpu };
  return threadsMatchCpus
    .check([deploymentOf({ containers: [serverContainer({ env, resources: { limits } })] })])
    .map(({ field, got, remedy }) => `${field}: ${got ?? 'missing'}. ${remedy}`);
}

describe('threads-match-cpus', () => {
  test('finds nothing where both equal the CPU limit, however that is written', () => {
    const threads: [string, string][] = [
      ['OMP_NUM_THREADS', '2'],
      ['MKL_NUM_THREADS', '2'],
    ];

    expect(check(threads)).toEqual([]);
    expect(check(threads, '2000m')).toEqual([]);
  });

  test('finds each that differs or is missing', () => {
    expect(check([['OMP_NUM_THREADS', '8']])).toEqual([
      "containers[server].env.OMP_NUM_THREADS: 8. Set it to the CPU limit, 2; the prop 'cpus' sets both.",
      "containers[server].env.MKL_NUM_THREADS: missing. Set it to the CPU limit, 2; the prop 'cpus' sets both.",
    ]);
  });

  test('takes the last of two values, as Kubernetes does', () => {
    const mkl: [string, string] = ['MKL_NUM_THREADS', '2'];

    expect(check([['OMP_NUM_THREADS', '8'], ['OMP_NUM_THREADS', '2'], mkl])).toEqual([]);
    expect(check([['OMP_NUM_THREADS', '2'], ['OMP_NUM_THREADS', '8'], mkl])).toHaveLength(1);
  });

  test('finds threads without a CPU limit', () => {
    expect(
      check(
        [
          ['OMP_NUM_THREADS', '2'],
          ['MKL_NUM_THREADS', '2'],
        ],
        '',
      ),
    ).toHaveLength(2);
  });

  test('leaves containers alone that are not the server', () => {
    const sidecar = { name: 'other', env: [{ name: 'OMP_NUM_THREADS', value: '64' }] };

    expect(threadsMatchCpus.check([deploymentOf({ containers: [sidecar] })])).toEqual([]);
  });
});
