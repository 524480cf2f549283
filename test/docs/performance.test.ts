import { readFileSync } from 'node:fs';
import path from 'node:path';
import { withFloor, type FloorResults } from '../../service/bench/floor/floor-report';
import { benchChart } from '../../service/bench/peers/bench-chart';
import { withMeasured } from '../../service/bench/peers/bench-report';
import { CASES, OTHER_LENGTHS } from '../../service/bench/peers/cases';
import { CLIENTS } from '../../service/bench/peers/load';
import { PEERS } from '../../service/bench/peers/peers';
import type { BenchResults } from '../../service/bench/peers/results';
import { REPOSITORY } from '../support/built';

const read = (file: string): string => readFileSync(path.join(REPOSITORY, 'docs', file), 'utf8');
const results = JSON.parse(read('performance/peers.json')) as BenchResults;
const floor = JSON.parse(read('performance/floor.json')) as FloorResults;

describe('docs/performance.md', () => {
  const page = read('performance.md');

  it('has the figures of performance/peers.json, and so has its chart', () => {
    expect(withMeasured(page, results)).toBe(page);
    expect(read('performance/peers.svg')).toBe(benchChart(results));
  });

  it('has the floor of performance/floor.json', () => {
    expect(withFloor(page, floor)).toBe(page);
  });

  it('stands on a whole run: every engine that could be had, every case, at least 20 repeats of each', () => {
    const had = PEERS.filter(({ id }) => results.peers.find((peer) => peer.id === id)?.missing === undefined);
    const served = had.filter(({ layouts }) => layouts.length > 0).map(({ id }) => id);
    expect(had.length).toBe(PEERS.length);
    for (const { id } of had) {
      const { cases } = results.latency[id]!;
      expect(Object.keys(cases)).toEqual(CASES.map(({ name }) => name));
      for (const { repeats } of Object.values(cases)) expect(repeats).toBeGreaterThanOrEqual(20);
    }
    const started = had.filter(({ latencyOnly }) => latencyOnly !== true).map(({ id }) => id);
    expect(Object.keys(results.coldStart).sort()).toEqual(started.sort());
    for (const id of served) {
      expect(results.load[id]!.levels.map(({ clients }) => clients)).toEqual(CLIENTS);
      expect(results.longFile[id]!.realTimeFactor).toBeGreaterThan(0);
    }
    const { lengths } = results.longFile['ours-compiled-int8']!;
    expect(lengths?.map(({ audioSeconds }) => audioSeconds)).toEqual(OTHER_LENGTHS.map(({ seconds }) => seconds));
  });
});
