import { Duration, Size } from 'cdk8s';
import { failure, synthesize } from './synthesize';

describe('autoscaling', () => {
  test('every part of the behaviour is stated', () => {
    expect(synthesize().hpa).toHaveProperty('spec.behavior', {
      scaleUp: {
        stabilizationWindowSeconds: 30,
        selectPolicy: 'Max',
        policies: [
          { type: 'Percent', value: 100, periodSeconds: 10 },
          { type: 'Pods', value: 2, periodSeconds: 10 },
        ],
      },
      scaleDown: {
        stabilizationWindowSeconds: 300,
        selectPolicy: 'Max',
        policies: [
          { type: 'Percent', value: 10, periodSeconds: 60 },
          { type: 'Pods', value: 1, periodSeconds: 60 },
        ],
      },
    });
  });

  test('waits as long as it is told to before it adds or removes pods', () => {
    const { hpa } = synthesize({ scaleUpWindow: Duration.seconds(0), scaleDownWindow: Duration.hours(1) });

    expect(hpa).toHaveProperty('spec.behavior.scaleUp.stabilizationWindowSeconds', 0);
    expect(hpa).toHaveProperty('spec.behavior.scaleDown.stabilizationWindowSeconds', 3600);
  });

  test('looks at whole pods, or at the container of the server alone', () => {
    const target = (averageUtilization: number): object => ({ type: 'Utilization', averageUtilization });
    const ofContainer = (name: string, percent: number): object => ({
      type: 'ContainerResource',
      containerResource: { name, container: 'dictation', target: target(percent) },
    });

    expect(synthesize().hpa).toHaveProperty('spec.metrics', [
      { type: 'Resource', resource: { name: 'cpu', target: target(60) } },
      { type: 'Resource', resource: { name: 'memory', target: target(70) } },
    ]);
    const { hpa, deployment } = synthesize({ containerMetrics: true, kubernetesVersion: '1.30', name: 'dictation' });
    expect(hpa).toHaveProperty('spec.metrics', [ofContainer('cpu', 60), ofContainer('memory', 70)]);
    expect(deployment).toHaveProperty('spec.template.spec.containers[0].name', 'dictation');
  });

  test('cannot look at one container before Kubernetes 1.30', () => {
    expect(failure(() => synthesize({ containerMetrics: true, kubernetesVersion: '1.29' }))).toContain(
      '[container-metrics-unsupported] containerMetrics is "true": kubernetesVersion is 1.29, and metrics of one ' +
        'container need 1.30. Leave it out, or raise kubernetesVersion where every cluster has it.',
    );
    expect(failure(() => synthesize({ containerMetrics: false, kubernetesVersion: '1.29' }))).toBe('');
  });

  test("the Deployment states no replicas: they are the autoscaler's", () => {
    expect(synthesize().deployment).not.toHaveProperty('spec.replicas');
  });

  test('range and targets are those of the props', () => {
    const { hpa } = synthesize({
      minReplicas: 4,
      maxReplicas: 4,
      targetCpuUtilizationPercent: 100,
      targetMemoryUtilizationPercent: 1,
    });

    expect(hpa).toMatchObject({
      spec: {
        minReplicas: 4,
        maxReplicas: 4,
        metrics: [
          { resource: { target: { averageUtilization: 100 } } },
          { resource: { target: { averageUtilization: 1 } } },
        ],
      },
    });
  });

  test('states the idle working set that was declared, for whoever checks the manifests', () => {
    expect(synthesize({ idleMemory: Size.mebibytes(300) }).hpa).toHaveProperty('metadata.annotations', {
      'cdk8s-whisper-stt/idle-memory': '300Mi',
    });
    expect(synthesize().hpa).not.toHaveProperty('metadata.annotations');
  });

  test.each([
    [{ idleMemory: Size.kibibytes(1500) }, '[idle-memory-invalid] idleMemory is "1.46484375Mi"'],
    [{ idleMemory: Size.mebibytes(0) }, '[idle-memory-invalid] idleMemory is "0Mi"'],
    [{ scaleUpWindow: Duration.millis(1500) }, '[scale-window-invalid] scaleUpWindow is "1.5 s"'],
    [{ scaleUpWindow: Duration.seconds(3601) }, '[scale-window-invalid] scaleUpWindow is "3601 s"'],
    [{ scaleDownWindow: Duration.hours(2) }, '[scale-window-invalid] scaleDownWindow is "7200 s"'],
    [{ scaleDownWindow: Duration.seconds(60) }, '[hpa-down-window]'],
    [{ minReplicas: 0 }, '[replicas-invalid] minReplicas is 0'],
    [{ maxReplicas: 2.5 }, '[replicas-invalid] maxReplicas is 2.5'],
    [{ targetCpuUtilizationPercent: 0 }, '[utilization-invalid] targetCpuUtilizationPercent is 0'],
    [{ targetCpuUtilizationPercent: 0.6 }, '[utilization-invalid] targetCpuUtilizationPercent is 0.6'],
    [{ targetMemoryUtilizationPercent: 101 }, '[utilization-invalid] targetMemoryUtilizationPercent is 101'],
  ])('%j is refused', (props, fault) => {
    expect(failure(() => synthesize(props))).toContain(fault);
  });
});
