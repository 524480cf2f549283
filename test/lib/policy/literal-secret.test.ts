import { literalSecret } from '../../../lib/policy/literal-secret';
import type { EnvironmentVariable } from '../../../lib/policy/manifest';
import { deploymentOf, serverContainer } from './manifests';

function check(variable: EnvironmentVariable): ReturnType<typeof literalSecret.check> {
  const env = [{ name: 'STT_MODEL', value: 'tiny' }, variable];
  return literalSecret.check([deploymentOf({ containers: [serverContainer({ env }), { name: 'logs' }] })]);
}

describe('literal-secret', () => {
  test.each([
    'PASSWORD',
    'PGPASSWORD',
    'DB_PASSWD',
    'DB_PASS',
    'api_token',
    'GH_TOKEN',
    'GITHUBTOKEN',
    'ClientSecret',
    'SECRET_NAME',
    'ACCESS_KEY',
    'APIKEY',
    'API_KEYS',
    'API_KEY_FILE',
    'AWS_CREDENTIALS',
    'CREDENTIAL',
    'GITLAB_PAT',
    'BEARER',
  ])('finds %s, and never shows it', (name) => {
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
  });

  test.each(['true', 'False', ''])('takes %j for no secret', (value) => {
    expect(check({ name: 'API_KEY', value })).toEqual([]);
  });

  test.each(['512', '-1', 'x/etc/keys', '/etc/keys/api', 'trueish', 'untrue'])('takes %j for one', (value) => {
    expect(check({ name: 'API_KEY', value })).toHaveLength(1);
  });

  test.each(['API_KEY_FILE', 'TOKEN_PATH', 'SECRET_DIR', 'DB_PASSWORD_FILE'])('lets %s hold a path alone', (name) => {
    expect(check({ name, value: '/etc/keys/api' })).toEqual([]);
    expect(check({ name, value: 'hunter2' })).toHaveLength(1);
  });

  test.each(['512', 'true', '/slash'])('takes a password of %j for one', (value) => {
    expect(check({ name: 'DB_PASSWORD', value })).toHaveLength(1);
  });

  test.each(['TOKENIZER_NAME', 'KEYCLOAK_URL', 'MAX_TOKENS', 'PATH', 'PATTERN', 'COMPASS', 'MONKEY', 'PASSENGER_APP'])(
    'sees no secret in the name %s',
    (name) => {
      expect(check({ name, value: 'hunter2' })).toEqual([]);
    },
  );

  test('leaves other names and references alone', () => {
    expect(check({ name: 'LOG_LEVEL', value: 'debug' })).toEqual([]);
    expect(check({ name: 'API_KEY', valueFrom: { secretKeyRef: { name: 'keys' } } })).toEqual([]);
  });
});
