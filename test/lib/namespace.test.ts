import { WhisperSttService } from '../../lib';
import { failure, IMAGE, synthesize, testChart } from './synthesize';

describe('the namespace', () => {
  const namespaced = (objects: readonly { kind: string; metadata: { namespace?: string } }[]): string[] => [
    ...new Set(objects.filter(({ kind }) => kind !== 'Namespace').map(({ metadata }) => metadata.namespace ?? 'none')),
  ];

  test('refuses pods that are not restricted, and says so in audit and warnings', () => {
    expect(synthesize().namespace?.metadata.labels).toEqual({
      'app.kubernetes.io/managed-by': 'cdk8s',
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/enforce-version': 'latest',
      'pod-security.kubernetes.io/audit': 'restricted',
      'pod-security.kubernetes.io/audit-version': 'latest',
      'pod-security.kubernetes.io/warn': 'restricted',
      'pod-security.kubernetes.io/warn-version': 'latest',
    });
  });

  test("is the chart's where the props name none", () => {
    const { namespace, objects } = synthesize({}, { chart: { namespace: 'voice' } });

    expect(namespace?.metadata.name).toBe('voice');
    expect(namespaced(objects)).toEqual(['voice']);
  });

  test('of the props goes before that of the chart', () => {
    const { namespace, objects } = synthesize({ namespace: 'speech' }, { chart: { namespace: 'voice' } });

    expect(namespace?.metadata.name).toBe('speech');
    expect(namespaced(objects)).toEqual(['speech']);
  });

  test('is in no namespace itself, whether or not the chart has one', () => {
    expect(synthesize({}, { chart: { namespace: 'voice' } }).namespace?.metadata).not.toHaveProperty('namespace');
    expect(synthesize().namespace?.metadata).not.toHaveProperty('namespace');
  });

  test('is left to its owner with createNamespace: false', () => {
    const { service, namespace, objects } = synthesize({ createNamespace: false, namespace: 'shared' });

    expect(namespace).toBeUndefined();
    expect(service.namespace).toBeUndefined();
    expect(namespaced(objects)).toEqual(['shared']);
  });

  test.each(['Voice', 'voice.agent', '', 'a'.repeat(64)])('cannot be called %j', (namespace) => {
    expect(failure(() => synthesize({ namespace }))).toContain('[namespace-invalid]');
  });

  test.each(['default', 'kube-system', 'kube-public'])("is not created where it is the cluster's: %s", (namespace) => {
    expect(failure(() => synthesize({ namespace }))).toContain(
      `[namespace-of-cluster] namespace is "${namespace}": it is the cluster's, and Pod Security 'restricted' would be ` +
        'put on the pods of others in it. Set createNamespace: false',
    );
    expect(failure(() => synthesize({ namespace, createNamespace: false }))).toBe('');
  });

  test('may be called like one of the cluster', () => {
    expect(failure(() => synthesize({ namespace: 'kubernetes' }))).toBe('');
    expect(failure(() => synthesize({ namespace: 'default-voice' }))).toBe('');
  });

  test('is created once a chart', () => {
    const chart = testChart({ namespace: 'voice' });
    new WhisperSttService(chart, 'english', { image: IMAGE, name: 'english' });

    expect(failure(() => new WhisperSttService(chart, 'spanish', { image: IMAGE, name: 'spanish' }))).toContain(
      '[namespace-taken] namespace is "voice": "test/english" creates it already. Set createNamespace: false here',
    );
  });
});
