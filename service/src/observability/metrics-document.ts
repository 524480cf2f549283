import type { MetricDefinition } from '../../../lib/metrics';

/** `docs/metrics.md`, from the definitions of the metrics. */
export function metricsDocument(definitions: readonly MetricDefinition[]): string {
  return `${[
    '# Metrics',
    '<!-- Written by `npm run docs:metrics` from METRICS in lib/metrics.ts. Do not edit. -->',
    'What `GET /metrics` says of transcriptions, in the text format of Prometheus. What to ask of it, and when to be ' +
      'alarmed, is in [observability](observability.md).',
    table(
      ['series', 'type', 'unit', 'labels', ''],
      definitions.map(({ name, type, unit, labels, help }) => [
        code(name),
        type,
        unit === '1' ? '–' : unit,
        Object.keys(labels).map(code).join(', ') || '–',
        help,
      ]),
    ),
    '## Labels',
    'No caller can make series without end: a label has a closed set of values, or room for so many; what comes then is ' +
      'counted under `other`.',
    table(['series', 'label', 'values'], definitions.flatMap(labelRows)),
    '## Buckets',
    'Upper bounds of the histograms, in their unit.',
    table(['series', 'buckets'], bucketRows(definitions)),
  ].join('\n\n')}\n`;
}

function labelRows({ name, labels }: MetricDefinition): readonly (readonly string[])[] {
  return Object.entries(labels).map(([label, values]) => [
    code(name),
    code(label),
    'oneOf' in values
      ? values.oneOf.map(code).join(', ')
      : values.atMost === 1
        ? 'one, of this process'
        : `at most ${values.atMost}`,
  ]);
}

/** One row for all series that have the same buckets. */
function bucketRows(definitions: readonly MetricDefinition[]): readonly (readonly string[])[] {
  const series = new Map<string, string[]>();
  for (const { name, buckets } of definitions) {
    if (!buckets) continue;
    const bounds = buckets.join(', ');
    series.set(bounds, [...(series.get(bounds) ?? []), code(name)]);
  }
  return [...series].map(([bounds, names]) => [names.join(', '), bounds]);
}

/** As prettier aligns it. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column]!.length)));
  const line = (cells: readonly string[], fill = ' '): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!, fill)).join(' | ')} |`;
  return [
    line(header),
    line(
      header.map(() => ''),
      '-',
    ),
    ...rows.map((cells) => line(cells)),
  ].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}
