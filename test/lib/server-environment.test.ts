import { ENV } from '../../lib/contract';
import { synthesize } from './synthesize';

describe("the server's environment", () => {
  const { deployment } = synthesize();

  test('states everything that bears on the deployment, in names of the contract', () => {
    expect(deployment).toHaveProperty('spec.template.spec.containers[0].env', [
      { name: ENV.host, value: '0.0.0.0' },
      { name: ENV.port, value: '8000' },
      { name: ENV.model, value: 'tiny' },
      { name: ENV.modelStore, value: '/models' },
      { name: ENV.device, value: 'cpu' },
      { name: ENV.quantization, value: 'int8' },
      { name: ENV.requestTimeoutSeconds, value: '60' },
      { name: ENV.drainDelaySeconds, value: '5' },
      { name: ENV.ompThreads, value: '2' },
      { name: ENV.mklThreads, value: '2' },
    ]);
  });

  test('has no name that scanners take for a secret', () => {
    // Polaris sensitiveContainerEnvVar, kube-linter env-var-secret, Kubescape C-0012.
    expect(Object.values(ENV).filter((name) => /token|key|secret|password|bearer/i.test(name))).toEqual([]);
  });
});
