import { Size } from 'cdk8s';
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
    [{ minReplicas: 0 }, '[replicas-invalid] minReplicas is 0'],
    [{ maxReplicas: 2.5 }, '[replicas-invalid] maxReplicas is 2.5'],
    [{ targetCpuUtilizationPercent: 0 }, '[utilization-invalid] targetCpuUtilizationPercent is 0'],
    [{ targetCpuUtilizationPercent: 0.6 }, '[utilization-invalid] targetCpuUtilizationPercent is 0.6'],
    [{ targetMemoryUtilizationPercent: 101 }, '[utilization-invalid] targetMemoryUtilizationPercent is 101'],
  ])('%j is refused', (props, fault) => {
    expect(failure(() => synthesize(props))).toContain(fault);
  });
});
