import { readFileSync } from 'node:fs';
import path from 'node:path';
import { benchChart } from '../../service/bench/peers/bench-chart';
import { withMeasured } from '../../service/bench/peers/bench-report';
import type { BenchResults } from '../../service/bench/peers/results';
import { REPOSITORY } from '../support/built';

const read = (file: string): string => readFileSync(path.join(REPOSITORY, 'docs', file), 'utf8');
const results = JSON.parse(read('performance/peers.json')) as BenchResults;

describe('docs/performance.md', () => {
  const page = read('performance.md');

  it('has the figures of performance/peers.json, and so has its chart', () => {
    expect(withMeasured(page, results)).toBe(page);
    expect(read('performance/peers.svg')).toBe(benchChart(results));
  });

  it('stands on at least 20 repeats of each case', () => {
    const cases = Object.values(results.latency).flatMap((figures) => Object.values(figures.cases));

    expect(cases.length).toBeGreaterThan(0);
    for (const { repeats } of cases) expect(repeats).toBeGreaterThanOrEqual(20);
  });
});
