import { failure, synthesize } from './synthesize';

describe('networking', () => {
  test('the Service is reachable inside of the cluster, by the labels that do not change', () => {
    expect(synthesize().kubernetesService).toHaveProperty('spec', {
      type: 'ClusterIP',
      selector: { 'app.kubernetes.io/name': 'whisper-stt', 'app.kubernetes.io/instance': 'stt-service' },
      ports: [{ name: 'http', port: 8000, targetPort: 8000, protocol: 'TCP', appProtocol: 'http' }],
    });
  });

  test('one port goes to the Service, the container and the server', () => {
    const { kubernetesService, deployment } = synthesize({ port: 9000 });

    expect(kubernetesService).toMatchObject({ spec: { ports: [{ port: 9000, targetPort: 9000 }] } });
    expect(deployment).toHaveProperty('spec.template.spec.containers[0].ports', [
      { name: 'http', containerPort: 9000, protocol: 'TCP' },
    ]);
    expect(deployment).toHaveProperty(
      'spec.template.spec.containers[0].env',
      expect.arrayContaining([
        { name: 'STT_HOST', value: '0.0.0.0' },
        { name: 'STT_PORT', value: '9000' },
      ]),
    );
  });

  test.each([0, 80, 1023, 65_536, 8000.5])('%d is no port', (port) => {
    expect(failure(() => synthesize({ port }))).toContain(`[port-invalid] port is ${port}`);
  });
});
