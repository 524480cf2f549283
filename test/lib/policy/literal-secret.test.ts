import { literalSecret } from '../../../lib/policy/literal-secret';
import type { EnvironmentVariable } from '../../../lib/policy/manifest';
import { deploymentOf, serverContainer } from './manifests';

function check(variable: EnvironmentVariable): ReturnType<typeof literalSecret.check> {
  const env = [{ name: 'STT_MODEL', value: 'tiny' }, variable];
  return literalSecret.check([deploymentOf({ containers: [serverContainer({ env }), { name: 'logs' }] })]);
}

describe('literal-secret', () => {
  test.each(['PASSWORD', 'api_token', 'ClientSecret', 'ACCESS_KEY', 'BEARER'])(
    'finds %s, and never shows it',
    (name) => {
      const findings = check({ name, value: 'hunter2' });

      expect(findings).toEqual([
        {
          object: 'Deployment stt',
          field: `containers[server].env.${name}`,
          got: 'written out',
          remedy: 'Put it into a Secret, mount that as a file, and give the path of the file.',
        },
      ]);
      expect(JSON.stringify(findings)).not.toContain('hunter2');
    },
  );

  test.each(['/etc/keys/api', '512', '-1', '+0.5', 'true', 'False', ''])('takes %j for no secret', (value) => {
    expect(check({ name: 'API_KEY', value })).toEqual([]);
  });

  test.each(['512 bits', 'x/etc/keys', '1.', 'a512', 'trueish', 'untrue', '1.2.3'])('takes %j for one', (value) => {
    expect(check({ name: 'API_KEY', value })).toHaveLength(1);
  });

  test('leaves other names and references alone', () => {
    expect(check({ name: 'LOG_LEVEL', value: 'debug' })).toEqual([]);
    expect(check({ name: 'API_KEY', valueFrom: { secretKeyRef: { name: 'keys' } } })).toEqual([]);
  });
});
