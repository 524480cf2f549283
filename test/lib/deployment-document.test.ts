import { synthesize } from './synthesize';

/** One test a row of the deployment document: only the image is given, everything else is a default. */
describe('the deployment document', () => {
  const { namespace, deployment, hpa } = synthesize();
  const container = 'spec.template.spec.containers[0]';

  test('the workload is the Deployment stt-service in the namespace voice-agent-phase5', () => {
    expect(deployment).toMatchObject({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'stt-service', namespace: 'voice-agent-phase5' },
    });
    expect(namespace).toMatchObject({ apiVersion: 'v1', metadata: { name: 'voice-agent-phase5' } });
  });

  test('the pods are labelled app=stt-service', () => {
    expect(deployment).toHaveProperty('spec.template.metadata.labels.app', 'stt-service');
  });

  test('the image is stt-service:v1.0.16-amd64', () => {
    expect(deployment).toHaveProperty(`${container}.image`, 'stt-service:v1.0.16-amd64');
  });

  test('the autoscaler is stt-service-hpa and scales the Deployment', () => {
    expect(hpa).toMatchObject({ metadata: { name: 'stt-service-hpa', namespace: 'voice-agent-phase5' } });
    expect(hpa).toHaveProperty('spec.scaleTargetRef', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name: 'stt-service',
    });
  });

  test('requests equal limits: two CPUs and 700Mi', () => {
    const amounts = { cpu: '2', memory: '700Mi', 'ephemeral-storage': '64Mi' };
    expect(deployment).toHaveProperty(`${container}.resources`, { requests: amounts, limits: amounts });
  });

  test('every container counts for the QoS class, and there is only this one', () => {
    expect(deployment).toHaveProperty('spec.template.spec.containers.length', 1);
    expect(deployment).not.toHaveProperty('spec.template.spec.initContainers');
  });

  test('the liveness probe waits 30 s, asks every 10 s, for 5 s, three times', () => {
    expect(deployment).toHaveProperty(`${container}.livenessProbe`, {
      httpGet: { path: '/livez', port: 8000, scheme: 'HTTP' },
      initialDelaySeconds: 30,
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 3,
    });
  });

  test('the readiness probe waits 15 s, asks every 5 s, for 3 s, three times', () => {
    expect(deployment).toHaveProperty(`${container}.readinessProbe`, {
      httpGet: { path: '/readyz', port: 8000, scheme: 'HTTP' },
      initialDelaySeconds: 15,
      periodSeconds: 5,
      timeoutSeconds: 3,
      failureThreshold: 3,
    });
  });

  test('the autoscaler keeps two to eight pods', () => {
    expect(hpa).toMatchObject({ spec: { minReplicas: 2, maxReplicas: 8 } });
  });

  test('the autoscaler aims at 60 % CPU and 70 % memory', () => {
    expect(hpa).toHaveProperty('spec.metrics', [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
      { type: 'Resource', resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 70 } } },
    ]);
  });

  test.each([
    ['OMP_NUM_THREADS', '2'],
    ['MKL_NUM_THREADS', '2'],
    ['STT_MODEL', 'tiny'],
    ['STT_DEVICE', 'cpu'],
  ])('the server gets %s=%s', (name, value) => {
    expect(deployment).toHaveProperty(`${container}.env`, expect.arrayContaining([{ name, value }]));
  });

  test('a pod has 118 s to start: nearly twice the target of 60 s', () => {
    expect(deployment).toMatchObject({
      spec: { template: { spec: { containers: [{ startupProbe: { periodSeconds: 2, failureThreshold: 60 } }] } } },
    });
  });

  test('availability: a rollout takes no pod away before its successor is ready', () => {
    expect(deployment).toHaveProperty('spec.strategy', {
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
    });
  });
});
