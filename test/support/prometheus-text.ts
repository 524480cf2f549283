/** One metric of a scrape. */
export interface ScrapedMetric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

interface Sample {
  /** Name of the series: for a histogram with `_bucket`, `_sum` or `_count` behind the metric's. */
  readonly series: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const HEADER = /^# (HELP|TYPE) (\S+) (.*)$/;
const SAMPLE = /^(?<series>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)$/;
const LABEL = /(?<name>[a-zA-Z_]\w*)="(?<value>(?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y;

/**
 * What Prometheus reads of its text format, version 0.0.4, as strictly as it says: a scrape is thrown away whole for one
 * bad line.
 */
export class PrometheusText {
  readonly metrics: readonly ScrapedMetric[];

  constructor(text: string) {
    const metrics = new Map<string, { name: string; type: string; help: string; samples: Sample[] }>();
    const seen = new Set<string>();
    if (!text.endsWith('\n')) throw new Error('the last line has no end');
    for (const line of text.split('\n')) {
      if (line === '') continue;
      const header = HEADER.exec(line);
      if (header) {
        const [, kind, name, value] = header;
        const metric = metrics.get(name!) ?? { name: name!, type: '', help: '', samples: [] };
        if (metric.samples.length > 0) throw new Error(`${line}: behind the first sample`);
        metric[kind === 'HELP' ? 'help' : 'type'] = value!;
        metrics.set(name!, metric);
        continue;
      }
      const { series, labels = '', value } = SAMPLE.exec(line)?.groups ?? {};
      if (series === undefined || value === undefined) throw new Error(`no sample: ${line}`);
      const identity = `${series}{${labels}}`;
      if (seen.has(identity)) throw new Error(`${identity} is there twice`);
      seen.add(identity);
      const metric = metrics.get(series) ?? metrics.get(series.replace(/_(bucket|sum|count)$/, ''));
      if (!metric) throw new Error(`${line}: of no declared metric`);
      metric.samples.push({ series, labels: parseLabels(labels), value: parseValue(value) });
    }
    this.metrics = [...metrics.values()];
  }

  get names(): readonly string[] {
    return this.metrics.map(({ name }) => name);
  }

  metric(name: string): ScrapedMetric {
    const found = this.metrics.find((metric) => metric.name === name);
    if (!found) throw new Error(`no metric ${name}`);
    return found;
  }

  /** Value of one series; of several that have these labels, their sum. Undefined where there is none. */
  value(series: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const found = this.metrics
      .flatMap(({ samples }) => samples)
      .filter((each) => each.series === series)
      .filter((each) => Object.entries(labels).every(([name, value]) => each.labels[name] === value));
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
  }
}

function parseLabels(text: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const { name, value } = LABEL.exec(text)?.groups ?? {};
    if (name === undefined || value === undefined) throw new Error(`no labels: ${text}`);
    labels[name] = value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  }
  return labels;
}

function parseValue(text: string): number {
  const value = text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
  if (Number.isNaN(value) && text !== 'NaN' && text !== 'Nan') throw new Error(`no number: ${text}`);
  return value;
}
