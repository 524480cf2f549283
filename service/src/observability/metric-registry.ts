import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { MetricDefinition } from '../../../lib/metrics';
import { BoundedLabel } from './bounded-label';

/** A value for each label of a metric. */
export type LabelValues<D extends MetricDefinition> = Readonly<Record<keyof D['labels'] & string, string>>;

/** Metrics made of their definitions; labels take only what their definition has room for. */
export class MetricRegistry {
  private readonly registry = new Registry();

  get contentType(): string {
    return this.registry.contentType;
  }

  /** All series in Prometheus' text format. */
  render(): Promise<string> {
    return this.registry.metrics();
  }

  /** Series of this process (CPU, memory, event loop, garbage collection), under prom-client's names. */
  addProcessMetrics(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  counter<D extends MetricDefinition>(definition: D): (labels: LabelValues<D>, by?: number) => void {
    const counter = new Counter(this.configuration(definition));
    const bounded = boundedLabels(definition);
    // From zero on, so that rate() and increase() see the first one.
    for (const labels of closedCombinations(definition)) counter.inc(labels, 0);
    return (labels, by = 1) => {
      counter.inc(bounded(labels), by);
    };
  }

  /** @returns a function that leaves out what is not known */
  histogram<D extends MetricDefinition>(definition: D): (labels: LabelValues<D>, value: number | undefined) => void {
    const histogram = new Histogram({ ...this.configuration(definition), buckets: [...(definition.buckets ?? [])] });
    const bounded = boundedLabels(definition);
    return (labels, value) => {
      if (value !== undefined) histogram.observe(bounded(labels), value);
    };
  }

  /** A gauge that says nothing but its labels. */
  info<D extends MetricDefinition>(definition: D): (labels: LabelValues<D>) => void {
    const gauge = new Gauge(this.configuration(definition));
    const bounded = boundedLabels(definition);
    return (labels) => {
      gauge.set(bounded(labels), 1);
    };
  }

  /** A gauge that is read when it is asked for. */
  gauge(definition: MetricDefinition, read: () => number): void {
    new Gauge({
      ...this.configuration(definition),
      collect() {
        this.set(read());
      },
    });
  }

  private configuration({ name, help, labels }: MetricDefinition): {
    name: string;
    help: string;
    labelNames: string[];
    registers: Registry[];
  } {
    return { name, help, labelNames: Object.keys(labels), registers: [this.registry] };
  }
}

function boundedLabels<D extends MetricDefinition>(definition: D): (labels: LabelValues<D>) => Record<string, string> {
  const bounds = Object.entries(definition.labels).map(([name, label]) => [name, new BoundedLabel(label)] as const);
  return (labels) => {
    const given: Readonly<Record<string, string>> = labels;
    return Object.fromEntries(bounds.map(([name, bound]) => [name, bound.of(given[name] ?? '')]));
  };
}

/** Label sets that are known beforehand: those of metrics whose labels are all closed. */
function closedCombinations(definition: MetricDefinition): readonly Readonly<Record<string, string>>[] {
  return Object.entries(definition.labels).reduce<Readonly<Record<string, string>>[]>(
    (combinations, [name, label]) =>
      combinations.flatMap((each) =>
        'oneOf' in label ? label.oneOf.map((value) => ({ ...each, [name]: value })) : [],
      ),
    [{}],
  );
}
