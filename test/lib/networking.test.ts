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

  // cdk8s-plus always writes an empty list, has no appProtocol, and knows target ports by number alone.
  test('the Service has no externalIPs, not even an empty list, and names port and protocol', () => {
    const { spec } = synthesize().kubernetesService as unknown as { spec: { ports: object[] } };

    expect(spec).not.toHaveProperty('externalIPs');
    expect(spec.ports).toMatchObject([{ name: 'http', appProtocol: 'http', targetPort: 8000 }]);
  });

  test.each([
    ['1.33', 'PreferClose'],
    ['1.34', 'PreferClose'],
    ['1.35', 'PreferSameZone'],
  ])('callers stay in their zone on Kubernetes %s by %s', (kubernetesVersion, trafficDistribution) => {
    const { kubernetesService, service } = synthesize({ kubernetesVersion, preferSameZone: true });

    expect(kubernetesService).toMatchObject({ spec: { trafficDistribution, type: 'ClusterIP' } });
    expect(kubernetesService).not.toHaveProperty('spec.externalIPs');
    expect(service.warnings.join()).not.toContain('same-zone');
  });

  test('callers go to any pod on Kubernetes before 1.33, and a warning says so', () => {
    const { kubernetesService, service } = synthesize({ kubernetesVersion: '1.32', preferSameZone: true });

    expect(kubernetesService).not.toHaveProperty('spec.trafficDistribution');
    expect(service.warnings).toContainEqual(
      expect.stringContaining(
        '[same-zone-unsupported] preferSameZone needs Kubernetes 1.33, and kubernetesVersion is 1.32: callers',
      ),
    );
  });

  test('callers go to any pod unless told otherwise, without a warning', () => {
    const { kubernetesService, service } = synthesize({ kubernetesVersion: '1.37' });

    expect(kubernetesService).not.toHaveProperty('spec.trafficDistribution');
    expect(service.warnings.join()).not.toContain('same-zone');
  });

  test.each([0, 80, 1023, 65_536, 8000.5])('%d is no port', (port) => {
    expect(failure(() => synthesize({ port }))).toContain(`[port-invalid] port is ${port}`);
  });
});
