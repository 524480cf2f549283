import { Duration } from 'cdk8s';
import type { ServiceMonitorOptions } from '../../lib';
import { failure, synthesize, type SynthesizedObject } from './synthesize';

const monitor = (serviceMonitor: ServiceMonitorOptions = {}): SynthesizedObject =>
  synthesize({ serviceMonitor }).objects.find(({ kind }) => kind === 'ServiceMonitor')!;

describe('the ServiceMonitor', () => {
  test('is emitted only when asked for', () => {
    const { objects, service } = synthesize();

    expect(objects.map(({ kind }) => kind)).not.toContain('ServiceMonitor');
    expect(service.serviceMonitor).toBeUndefined();
  });

  test("reads the server's metrics by the name of the Service's port, four times a minute", () => {
    expect(monitor()).toMatchObject({
      apiVersion: 'monitoring.coreos.com/v1',
      metadata: { name: 'stt-service', namespace: 'voice-agent-phase5', labels: { app: 'stt-service' } },
      spec: {
        selector: {
          matchLabels: { 'app.kubernetes.io/name': 'whisper-stt', 'app.kubernetes.io/instance': 'stt-service' },
        },
        endpoints: [{ port: 'http', path: '/metrics', scheme: 'http', interval: '15s', scrapeTimeout: '10s' }],
      },
    });
  });

  test("selects a Service that has the labels and the port: otherwise Prometheus finds nothing, and doesn't say so", () => {
    const { objects, kubernetesService } = synthesize({ serviceMonitor: {} });
    const { spec } = objects.find(({ kind }) => kind === 'ServiceMonitor') as unknown as {
      spec: { selector: { matchLabels: Record<string, string> } };
    };

    expect(kubernetesService.metadata.labels).toMatchObject(spec.selector.matchLabels);
    expect(kubernetesService).toMatchObject({ spec: { ports: [{ name: 'http' }] } });
  });

  test('carries the labels by which its Prometheus looks for it', () => {
    expect(monitor({ labels: { release: 'kube-prometheus' } }).metadata.labels).toMatchObject({
      release: 'kube-prometheus',
      app: 'stt-service',
    });
    expect(
      synthesize({ serviceMonitor: { labels: { release: 'x' } } }).kubernetesService.metadata.labels,
    ).not.toHaveProperty('release');
  });

  test('is refused where nobody may scrape', () => {
    expect(failure(() => synthesize({ serviceMonitor: {}, scrapers: [] }))).toContain(
      '[service-monitor-shut-out] scrapers is "[]": the NetworkPolicy would keep out the Prometheus',
    );
    expect(failure(() => synthesize({ serviceMonitor: {}, networkPolicy: false }))).toBe('');
  });

  test('never waits longer than its interval', () => {
    expect(monitor({ interval: Duration.seconds(5) })).toMatchObject({
      spec: { endpoints: [{ interval: '5s', scrapeTimeout: '5s' }] },
    });
    expect(monitor({ interval: Duration.minutes(1) })).toMatchObject({
      spec: { endpoints: [{ interval: '60s', scrapeTimeout: '10s' }] },
    });
  });

  test.each<[ServiceMonitorOptions, string]>([
    [{ interval: Duration.millis(500) }, 'serviceMonitor.interval is "0.5 s"'],
    [{ interval: Duration.seconds(0) }, 'serviceMonitor.interval is "0 s"'],
    [{ labels: { release: 'kube prometheus' } }, 'serviceMonitor.labels["release"] is "kube prometheus"'],
    [{ labels: { '': 'x' } }, 'serviceMonitor.labels[""] is "x"'],
  ])('%j is refused', (options, fault) => {
    expect(failure(() => monitor(options))).toContain(`[service-monitor-invalid] ${fault}: `);
  });
});
