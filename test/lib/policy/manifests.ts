import type { Container, Manifest, Metric, PodSpec } from '../../../lib/policy/manifest';

/** A Deployment with the given containers, as a rule reads it. */
export function deploymentOf(pod: PodSpec): Manifest {
  return { kind: 'Deployment', metadata: { name: 'stt' }, spec: { template: { spec: pod } } };
}

/** A container of the server, Guaranteed and pinned but for what is changed. */
export function serverContainer(change: Partial<Container> = {}): Container {
  return {
    name: 'server',
    env: [
      { name: 'STT_MODEL', value: 'tiny' },
      { name: 'OMP_NUM_THREADS', value: '2' },
      { name: 'MKL_NUM_THREADS', value: '2' },
    ],
    resources: { requests: { cpu: '2', memory: '700Mi' }, limits: { cpu: '2', memory: '700Mi' } },
    ...change,
  };
}

/** A server's container that runs a model. */
export function serverOf(model: string, quantization = 'int8', change: Partial<Container> = {}): Container {
  const env = [
    { name: 'STT_MODEL', value: model },
    { name: 'STT_QUANTIZATION', value: quantization },
  ];
  return serverContainer({ env, ...change });
}

/** A memory metric of whole pods. */
export function memoryMetric(averageUtilization = 70): Metric {
  return { type: 'Resource', resource: { name: 'memory', target: { type: 'Utilization', averageUtilization } } };
}

/** The autoscaler of {@link deploymentOf}. */
export function autoscalerOf(spec: Manifest['spec'] = {}, annotations?: Record<string, string>): Manifest {
  return {
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'stt-hpa', annotations },
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'stt' },
      minReplicas: 2,
      maxReplicas: 8,
      metrics: [memoryMetric()],
      ...spec,
    },
  };
}
