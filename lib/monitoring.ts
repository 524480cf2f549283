import { Duration, type ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { ServiceMonitor, ServiceMonitorSpecEndpointsScheme } from '../imports/monitoring.coreos.com';
import { METRICS_PATH, PORT_NAME } from './contract';
import { isLabel, isLabelValue, type Identity } from './identity';
import type { NetworkAccess } from './network-policy';
import type { PropFaults } from './prop-faults';

/** How Prometheus finds the metrics. */
export interface MonitoringProps {
  /**
   * Emits a ServiceMonitor of the Prometheus Operator, which the cluster must have; `{}` is enough.
   *
   * @default - no ServiceMonitor
   */
  readonly serviceMonitor?: ServiceMonitorOptions;
}

/** A ServiceMonitor. Who may scrape is said by `scrapers`. */
export interface ServiceMonitorOptions {
  /**
   * How often the metrics are read. Whole seconds.
   *
   * @default Duration.seconds(15)
   */
  readonly interval?: Duration;

  /**
   * Labels by which the Prometheus finds its ServiceMonitors, added to the object alone. That of the Helm chart
   * kube-prometheus-stack looks for `release: <name of the release>`.
   *
   * @default - the labels of every object
   */
  readonly labels?: Record<string, string>;
}

const DEFAULT_INTERVAL = Duration.seconds(15);

/** Prometheus' own default, which must not be above the interval. */
const SCRAPE_TIMEOUT_SECONDS = 10;

/** A ServiceMonitor that can be emitted. */
export class Monitoring {
  readonly #intervalSeconds: number;
  readonly #labels: Record<string, string>;

  private constructor(options: ServiceMonitorOptions, access: NetworkAccess, faults: PropFaults) {
    this.#labels = options.labels ?? {};
    this.#intervalSeconds = faults.wholeSeconds(
      'service-monitor-invalid',
      'serviceMonitor.interval',
      options.interval ?? DEFAULT_INTERVAL,
      { min: 1, remedy: 'Give for example Duration.seconds(30).' },
    );
    if (access.enabled && access.scrapers.length === 0) {
      faults.add(
        'service-monitor-shut-out',
        'scrapers',
        '[]',
        "the NetworkPolicy would keep out the Prometheus that 'serviceMonitor' is for. Name it, or leave one of the two out.",
      );
    }
    for (const [key, value] of Object.entries(this.#labels)) {
      if (!isLabel(key) || !isLabelValue(value)) {
        faults.add(
          'service-monitor-invalid',
          `serviceMonitor.labels[${JSON.stringify(key)}]`,
          value,
          'key and value must be those of a Kubernetes label: letters, digits, "-", "_" and ".", at most 63 characters.',
        );
      }
    }
  }

  /** @returns undefined where no ServiceMonitor is asked for */
  static of(props: MonitoringProps, access: NetworkAccess, faults: PropFaults): Monitoring | undefined {
    return props.serviceMonitor && new Monitoring(props.serviceMonitor, access, faults);
  }

  create(scope: Construct, identity: Identity): ApiObject {
    const { labels, ...metadata } = identity.metadata();
    return new ServiceMonitor(scope, 'ServiceMonitor', {
      metadata: { ...metadata, labels: { ...labels, ...this.#labels } },
      spec: {
        selector: { matchLabels: identity.selector },
        endpoints: [
          {
            port: PORT_NAME,
            path: METRICS_PATH,
            scheme: ServiceMonitorSpecEndpointsScheme.HTTP,
            interval: `${this.#intervalSeconds}s`,
            scrapeTimeout: `${Math.min(SCRAPE_TIMEOUT_SECONDS, this.#intervalSeconds)}s`,
          },
        ],
      },
    });
  }
}
