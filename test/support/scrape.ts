import type { MetricDefinition } from '../../lib/metrics';
import { PrometheusText } from './prometheus-text';
import type { ServerProcess } from './server-process';

/** What `/metrics` says now of one series; of several with these labels, their sum; 0 where there is none. */
export async function scrape(
  server: ServerProcess,
  { name, type }: MetricDefinition,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const text = new PrometheusText(await (await server.get('/metrics')).text());
  return text.value(type === 'histogram' ? `${name}_count` : name, labels) ?? 0;
}
