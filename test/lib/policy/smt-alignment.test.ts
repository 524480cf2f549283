import { smtAlignment } from '../../../lib/policy/smt-alignment';
import { deploymentOf, serverContainer } from './manifests';

function check(cpu: string | number): ReturnType<typeof smtAlignment.check> {
  return smtAlignment.check([
    deploymentOf({ containers: [serverContainer({ resources: { requests: { cpu } } }), { name: 'logs' }] }),
  ]);
}

describe('smt-alignment', () => {
  test('is advice', () => {
    expect(smtAlignment.severity).toBe('advice');
  });

  test.each(['2', '4000m', 16])('%s CPUs are whole physical cores', (cpu) => {
    expect(check(cpu)).toEqual([]);
  });

  test.each([
    ['1', 2],
    ['3000m', 4],
    [5, 6],
  ])('%s CPUs are not', (cpu, instead) => {
    expect(check(cpu)).toEqual([
      {
        object: 'Deployment stt',
        field: 'containers[server].resources.requests.cpu',
        got: String(cpu),
        remedy: `Give ${instead} CPUs, or run it on nodes without hyper-threads.`,
      },
    ]);
  });

  test.each(['1500m', 'two'])('leaves %s CPUs to the rule on whole ones', (cpu) => {
    expect(check(cpu)).toEqual([]);
  });
});
