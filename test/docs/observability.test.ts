import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { METRICS } from '../../lib/metrics';
import { ERROR_KINDS } from '../../service/src/http/errors/api-error';
import { metricsDocument } from '../../service/src/observability/metrics-document';
import { logFields, type RequestRecord } from '../../service/src/observability/request-record';
import { REPOSITORY } from '../support/built';

const page = (name: string): string => readFileSync(path.join(REPOSITORY, 'docs', name), 'utf8');

const OBSERVABILITY = page('observability.md');

/** A record of which everything is known. */
const COMPLETE: Required<RequestRecord> = {
  route: '/transcribe',
  key: 'agent',
  session: 'call-7',
  outcome: 'ok',
  status: 200,
  uploadMs: 1,
  audioDecodeMs: 1,
  queueMs: 1,
  encodeMs: 1,
  decodeMs: 1,
  firstTokenMs: 1,
  totalMs: 6,
  tokens: 1,
  windows: 1,
  shortWindows: 1,
  shortContextReruns: {},
  audioSeconds: 1,
  uploadBytes: 1,
  language: 'en',
  confidence: 1,
  characters: 1,
  hallucinations: {},
  format: 'json',
  model: 'nano',
};

describe('docs/metrics.md', () => {
  it('is what the definitions say: run `npm run docs:metrics` and commit it when this fails', () => {
    expect(page('metrics.md')).toBe(metricsDocument(Object.values(METRICS)));
  });
});

describe('docs/observability.md', () => {
  const alerts = parse(/```yaml\n([^]*?)```/.exec(OBSERVABILITY)![1]!) as {
    groups: { rules: { alert: string; expr: string; annotations: { summary: string } }[] }[];
  };
  const queries = /```promql\n([^]*?)```/.exec(OBSERVABILITY)![1]!;

  it('asks only for series that are there, with labels that they have', () => {
    const asked = [queries, ...alerts.groups.flatMap(({ rules }) => rules.map(({ expr }) => expr))].join('\n');
    const names = new Map(
      Object.values(METRICS).flatMap(({ name, type }) =>
        (type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']).map((suffix) => [`${name}${suffix}`, true]),
      ),
    );
    const used = [...asked.matchAll(/\bstt_\w+/g)].map(([name]) => name);
    expect(used.length).toBeGreaterThan(20);
    expect(used.filter((name) => !names.has(name))).toEqual([]);
    const labels = [...asked.matchAll(/by \(([\w, ]+)\)/g)].flatMap(([, list]) => list!.split(', '));
    const known = ['le', 'pod', ...Object.values(METRICS).flatMap(({ labels }) => Object.keys(labels))];
    expect(labels.filter((label) => !known.includes(label))).toEqual([]);
  });

  it('looks for outcomes that the catalogue of errors has', () => {
    const [, outcomes] = /outcome=~"([\w|]+)"/.exec(OBSERVABILITY)!;
    expect(outcomes!.split('|').filter((code) => !(code in ERROR_KINDS))).toEqual([]);
  });

  it('has rules that say what to make of them', () => {
    for (const { rules } of alerts.groups) {
      for (const { alert, annotations } of rules)
        expect([alert, annotations.summary]).toEqual([alert, expect.any(String)]);
    }
  });

  it('lists every field of the log line, in its order', () => {
    const [, log] = OBSERVABILITY.split('\n## Log\n');
    const fields = [...log!.split('\n## ')[0]!.matchAll(/^\| `(\w+)`/gm)].map(([, field]) => field);
    expect(fields).toEqual(Object.keys(logFields(COMPLETE)));
  });

  it('names every attribute of the spans that the server adds', () => {
    const source = readFileSync(path.join(REPOSITORY, 'service/src/observability/otlp-tracing.ts'), 'utf8');
    const attributes = [...source.matchAll(/'((?:stt|http|url|session|error)\.[\w.]+)'/g)].map(([, name]) => name!);
    expect(attributes.length).toBeGreaterThan(10);
    expect(attributes.filter((name) => !OBSERVABILITY.includes(`\`${name}\``))).toEqual([]);
  });
});
