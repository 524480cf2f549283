import { benchChart } from '../../../../service/bench/peers/bench-chart';
import { benchReport, withMeasured } from '../../../../service/bench/peers/bench-report';
import type { BenchResults } from '../../../../service/bench/peers/results';

const MEBIBYTE = 2 ** 20;

function times(median: number): { median: number; p95: number; repeats: number } {
  return { median, p95: 1.5 * median, repeats: 20 };
}

const results: BenchResults = {
  date: '2026-11-26',
  machine: 'CPUs 0 and 1 of 2',
  weights: 'random weights',
  threads: 2,
  peers: [
    { id: 'ours-int8', title: 'this server, int8', about: "this server's engine" },
    { id: 'faster-whisper', title: 'faster-whisper, int8', about: 'faster-whisper 1.2.1' },
    { id: 'whisper-cpp', title: 'whisper.cpp, q8_0', missing: 'pip install: no C++ compiler' },
  ],
  latency: {
    'ours-int8': {
      cases: { '5 s, 16 tokens': times(200) },
      peakResidentBytes: 300 * MEBIBYTE,
      proportionalBytes: 250 * MEBIBYTE,
    },
    'faster-whisper': {
      cases: { '5 s, 16 tokens': times(400) },
      peakResidentBytes: 275 * MEBIBYTE,
      proportionalBytes: 210 * MEBIBYTE,
    },
  },
  defaults: {},
  coldStart: { 'ours-int8': times(900) },
  load: {
    'ours-int8': {
      layouts: { 'the server over HTTP': 5 },
      bestLayout: 'the server over HTTP',
      levels: [1, 8].map((clients) => ({
        clients,
        perSecond: 5 * clients,
        latency: times(200),
        probes: { median: 1, p99: 7.25, count: 100 },
        peakProportionalBytes: 400 * MEBIBYTE,
      })),
    },
  },
  longFile: {
    'ours-int8': {
      layout: 'the server over HTTP',
      seconds: 9,
      windows: 25,
      realTimeFactor: 0.015,
      lengths: [
        { audioSeconds: 30, seconds: 0.6, windows: 2, tokens: 60 },
        { audioSeconds: 10_800, seconds: 162, windows: 450, tokens: 80 },
      ],
    },
  },
};

/** The cells of a table's row. */
function row(report: string, heading: string, title: string): readonly string[] | undefined {
  const section = report.split(`### ${heading}`)[1]?.split('### ')[0];
  const line = section?.split('\n').find((each) => each.startsWith(`| ${title}`));
  return line
    ?.split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
}

describe('the report of the benchmark', () => {
  const report = benchReport(results);

  it('has median and p95 of each engine', () => {
    expect(row(report, 'One window', 'this server')).toEqual(['200, 300']);
    expect(row(report, 'One window', 'faster-whisper')).toEqual(['400, 600']);
  });

  it('names an engine that could not be measured, and why', () => {
    expect(row(report, 'One window', 'whisper.cpp')).toEqual(['missing, see versions']);
    expect(row(report, 'Versions', 'whisper.cpp')).toEqual(['missing: pip install: no C++ compiler']);
  });

  it('divides the memory at eight clients among them', () => {
    expect(row(report, 'Several clients', 'this server')).toEqual(['the server over HTTP', '5.00', '40.00', '50']);
  });

  it('has what other lengths take', () => {
    expect(row(report, 'Other lengths', 'this server')).toEqual(['30 s', '0.6', '0.0200', '2', '4.00']);
    expect(report).toMatch(/\| 3 h +\| 162.0 \| 0.0150 /);
  });

  it('has no table without figures', () => {
    expect(report).not.toContain('As the libraries come');
    const withoutLengths = { ...results.longFile['ours-int8']!, lengths: undefined };
    const others = benchReport({ ...results, longFile: { 'ours-int8': withoutLengths } });
    expect(others).toContain('Ten minutes');
    expect(others).not.toContain('Other lengths');
  });

  it('replaces the measured part of its page and nothing else', () => {
    const page = (measured: string): string =>
      `# Title\n\n<!-- measured: written by \`npm run bench\` -->\n\n${measured}\n\n<!-- /measured -->\n\nThe end.\n`;

    expect(withMeasured(page('old'), results)).toBe(page(report));
    expect(() => withMeasured('# Title\n', results)).toThrow(/the page has no/);
  });

  it('draws bars in proportion', () => {
    const widths = [...benchChart(results).matchAll(/<rect x="230" y="\d+" width="([\d.]+)"/g)].map((match) =>
      Number(match[1]),
    );

    expect(widths[1]! / widths[0]!).toBeCloseTo(2, 2);
  });
});
