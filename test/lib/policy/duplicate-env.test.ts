import { duplicateEnv } from '../../../lib/policy/duplicate-env';
import { deploymentOf, serverContainer } from './manifests';

function check(names: readonly string[]): ReturnType<typeof duplicateEnv.check> {
  const env = ['STT_MODEL', ...names].map((name) => ({ name, value: 'x' }));
  return duplicateEnv.check([deploymentOf({ containers: [serverContainer({ env }), { name: 'logs' }] })]);
}

describe('duplicate-env', () => {
  test('finds nothing where each name stands once', () => {
    expect(check(['A', 'B'])).toEqual([]);
  });

  test('finds each name that is repeated, once', () => {
    expect(check(['A', 'B', 'A', 'C', 'A', 'B'])).toEqual([
      {
        object: 'Deployment stt',
        field: 'containers[server].env.A',
        got: 'given 3 times',
        remedy: 'Keep one of them.',
      },
      {
        object: 'Deployment stt',
        field: 'containers[server].env.B',
        got: 'given 2 times',
        remedy: 'Keep one of them.',
      },
    ]);
  });
});
