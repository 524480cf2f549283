import { ENV } from '../../lib/contract';
import { failure, synthesize } from './synthesize';

const CONTAINER = 'spec.template.spec.containers[0]';

describe('API keys', () => {
  test('are none by default', () => {
    const { deployment } = synthesize();

    expect(JSON.stringify(deployment)).not.toContain(ENV.apiKeysFile);
    expect(deployment).toHaveProperty('spec.template.spec.volumes.length', 1);
  });

  test('come from a Secret as a file that the server alone can read, and its path stands in the environment', () => {
    const { deployment } = synthesize({ apiKeysSecretName: 'stt-callers' });

    expect(deployment).toHaveProperty('spec.template.spec.volumes[1]', {
      name: 'api-keys',
      secret: { secretName: 'stt-callers', defaultMode: 0o440, items: [{ key: 'api-keys', path: 'api-keys' }] },
    });
    expect(deployment).toHaveProperty(`${CONTAINER}.volumeMounts[1]`, {
      name: 'api-keys',
      mountPath: '/etc/whisper-stt',
      readOnly: true,
    });
    expect(deployment).toHaveProperty(
      `${CONTAINER}.env`,
      expect.arrayContaining([{ name: 'STT_API_KEYS_FILE', value: '/etc/whisper-stt/api-keys' }]),
    );
  });

  test('can be any entry of the Secret', () => {
    const { deployment } = synthesize({ apiKeysSecretName: 'stt', apiKeysSecretKey: 'callers.txt' });

    expect(deployment).toHaveProperty('spec.template.spec.volumes[1].secret.items', [
      { key: 'callers.txt', path: 'api-keys' },
    ]);
  });

  test('never stand in the environment (Checkov CKV_K8S_35, kube-linter read-secret-from-env-var)', () => {
    const { deployment } = synthesize({ apiKeysSecretName: 'stt-callers' });

    expect(JSON.stringify(deployment)).not.toContain('secretKeyRef');
    expect(JSON.stringify(deployment)).not.toContain('secretRef');
  });

  test('are mounted as a folder: a file by subPath would never change with its Secret', () => {
    expect(JSON.stringify(synthesize({ apiKeysSecretName: 'stt-callers' }).deployment)).not.toContain('subPath');
  });

  test.each([
    [{ apiKeysSecretName: 'STT Callers' }, 'apiKeysSecretName is "STT Callers": it must be the name of a Secret.'],
    [
      { apiKeysSecretName: 'stt', apiKeysSecretKey: 'a/b' },
      'apiKeysSecretKey is "a/b": it must be the name of an entry',
    ],
    [{ apiKeysSecretName: 'stt', apiKeysSecretKey: '.' }, 'apiKeysSecretKey is "."'],
    [{ apiKeysSecretName: 'stt', apiKeysSecretKey: '..keys' }, 'apiKeysSecretKey is "..keys"'],
    [{ apiKeysSecretKey: 'callers' }, `apiKeysSecretKey is "callers": of which Secret? Give 'apiKeysSecretName' too.`],
  ])('from %j are refused', (props, message) => {
    expect(failure(() => synthesize(props))).toContain(`[api-keys-invalid] ${message}`);
  });

  test.each([
    [{ ingress: { host: 'stt.example.com' } }, 'ingress opens'],
    [{ httpRoute: { gateway: 'public' } }, 'httpRoute opens'],
    [{ ingress: { host: 'stt.example.com' }, httpRoute: { gateway: 'public' } }, 'ingress and httpRoute open'],
  ])('are missed where %j lets everybody in', (doors, subject) => {
    const open = synthesize(doors).service.warnings.filter((warning) => warning.includes('exposed-without-keys'));

    expect(open).toEqual([
      `[exposed-without-keys] ${subject} the service to everybody who reaches the proxy, and nobody has to say who they ` +
        'are. Give apiKeysSecretName, or let the proxy authenticate callers.',
    ]);
    expect(synthesize({ ...doors, apiKeysSecretName: 'stt-callers' }).service.warnings.join()).not.toContain('exposed');
  });

  test('are not missed inside of the cluster', () => {
    expect(synthesize().service.warnings.join()).not.toContain('exposed-without-keys');
  });
});
