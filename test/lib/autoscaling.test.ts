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

  test.each([
    [{ minReplicas: 0 }, '[replicas-invalid] minReplicas is 0'],
    [{ maxReplicas: 2.5 }, '[replicas-invalid] maxReplicas is 2.5'],
    [{ targetCpuUtilizationPercent: 0 }, '[utilization-invalid] targetCpuUtilizationPercent is 0'],
    [{ targetCpuUtilizationPercent: 0.6 }, '[utilization-invalid] targetCpuUtilizationPercent is 0.6'],
    [{ targetMemoryUtilizationPercent: 101 }, '[utilization-invalid] targetMemoryUtilizationPercent is 101'],
  ])('%j is refused', (props, fault) => {
    expect(failure(() => synthesize(props))).toContain(fault);
  });
});
