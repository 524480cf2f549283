import { App, Chart } from 'cdk8s';
import { WhisperSttService } from '../../lib';
import { failure, IMAGE, synthesize, testChart } from './synthesize';

describe('names, labels and selector', () => {
  const selector = { 'app.kubernetes.io/name': 'whisper-stt', 'app.kubernetes.io/instance': 'stt-service' };

  test('objects carry both label schemes', () => {
    const { serviceAccount, deployment, kubernetesService, hpa } = synthesize();

    for (const object of [serviceAccount, deployment, kubernetesService, hpa]) {
      expect(object.metadata.labels).toEqual({
        app: 'stt-service',
        ...selector,
        'app.kubernetes.io/version': 'v1.0.16-amd64',
        'app.kubernetes.io/component': 'speech-to-text',
        'app.kubernetes.io/managed-by': 'cdk8s',
      });
    }
  });

  test('pods carry the labels of their Deployment', () => {
    const { deployment } = synthesize({ labels: { team: 'speech' } });

    expect(deployment).toHaveProperty(
      'spec.template.metadata.labels',
      expect.objectContaining({ ...deployment.metadata.labels, team: 'speech' }),
    );
  });

  test('labels of the chart reach the pods too', () => {
    const { deployment } = synthesize({}, { chart: { labels: { environment: 'production' } } });

    expect(deployment).toHaveProperty('spec.template.metadata.labels.environment', 'production');
    expect(deployment.metadata.labels).toMatchObject({ environment: 'production' });
  });

  test('labels of the chart cannot turn the selector away from its pods', () => {
    const { deployment } = synthesize({}, { chart: { labels: { 'app.kubernetes.io/instance': 'other' } } });

    expect(deployment).toHaveProperty('spec.selector.matchLabels', selector);
    expect(deployment).toHaveProperty('spec.template.metadata.labels', expect.objectContaining(selector));
  });

  test('the selector is two labels, so that an autoscaler counts no foreign pods', () => {
    expect(synthesize().deployment).toHaveProperty('spec.selector', { matchLabels: selector });
  });

  test('another construct id or another scope changes nothing in the manifests', () => {
    const { objects } = synthesize({}, { id: 'renamed' });

    expect(objects).toEqual(synthesize().objects);
  });

  test('the name is that of every object', () => {
    const { serviceAccount, deployment, kubernetesService, hpa } = synthesize({ name: 'dictation' });

    expect([serviceAccount, deployment, kubernetesService, hpa].map(({ metadata }) => metadata.name)).toEqual([
      'dictation',
      'dictation',
      'dictation',
      'dictation-hpa',
    ]);
    expect(deployment).toHaveProperty('spec.template.spec.containers[0].name', 'dictation');
    expect(deployment).toHaveProperty('spec.template.spec.serviceAccountName', 'dictation');
  });

  test.each(['Stt', '1stt', 'stt_service', 'stt-', '', 'a'.repeat(60)])('%j is no name', (name) => {
    expect(failure(() => synthesize({ name }))).toContain(`[name-invalid] name is ${JSON.stringify(name)}`);
  });

  test('59 characters are a name', () => {
    expect(synthesize({ name: 'a'.repeat(59) }).hpa.metadata.name).toHaveLength(63);
  });

  test.each(['app', 'app.kubernetes.io/name', 'app.kubernetes.io/instance'])('the label %s is reserved', (label) => {
    expect(failure(() => synthesize({ labels: { [label]: 'mine' } }))).toContain(
      `[label-reserved] labels["${label}"] is "mine"`,
    );
  });

  test.each([
    ['team', 'speech team'],
    ['team', 'a'.repeat(64)],
    ['-team', 'speech'],
    ['Example.com/team', 'speech'],
  ])('%j: %j is no label', (key, value) => {
    expect(failure(() => synthesize({ labels: { [key]: value } }))).toContain('[label-invalid]');
  });

  test('two services of one name in one chart are refused', () => {
    const chart = testChart({ namespace: 'voice' });
    new WhisperSttService(chart, 'first', { image: IMAGE });

    expect(failure(() => new WhisperSttService(chart, 'second', { image: IMAGE }))).toContain(
      '[name-taken] name is "stt-service": "test/first" has it in namespace voice.',
    );
  });

  test('two services of one name may go to two clusters, a chart each', () => {
    const app = new App({ outdir: 'unused' });
    const names = ['staging', 'production'].map(
      (cluster) => new WhisperSttService(new Chart(app, cluster), 'stt', { image: IMAGE }).deployment.name,
    );

    expect(names).toEqual(['stt-service', 'stt-service']);
  });
});
