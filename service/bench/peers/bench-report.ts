import { DEFAULTS } from '../../../lib/contract';
import { markdownTable, withPart, type WrittenPart } from '../markdown-page';
import { SHORT_CASE } from './cases';
import { COMPARED_CLIENTS } from './load';
import { isLatencyOnly, PEERS } from './peers';
import type { BenchResults, LoadLevel, Times } from './results';

const MARGIN_SECONDS = DEFAULTS.shortContextMarginSeconds;
const MEASURED: WrittenPart = {
  begin: '<!-- measured: written by `npm run bench` -->',
  end: '<!-- /measured -->',
};

/** The page with the measured part anew. @throws where the page has no place for it */
export function withMeasured(page: string, results: BenchResults): string {
  return withPart(page, MEASURED, benchReport(results));
}

/** All tables that there are figures for, in Markdown as Prettier leaves it. */
export function benchReport(results: BenchResults): string {
  const sections = [latency, memory, load, loadLayouts, longFile, lengths, coldStart, defaults, versions].map(
    (section) => section(results),
  );
  const head = `${results.date}, ${results.machine}; ${results.weights}; ${results.threads} threads.`;
  return [head, ...sections.filter((section) => section !== undefined)].join('\n\n');
}

function latency(results: BenchResults): string | undefined {
  const names = [...new Set(Object.values(results.latency).flatMap(({ cases }) => Object.keys(cases)))];
  const repeats = Object.values(results.latency).flatMap(({ cases }) => Object.values(cases))[0]?.repeats;
  const rows = rowsOf(results, results.latency, ({ cases }) => names.map((name) => medianAndP95(cases[name])));
  const title = `### One window at a time\n\nMilliseconds, median and p95 of ${repeats}; the whole window of 30 s is encoded, at short context the audio and ${MARGIN_SECONDS} s.`;
  return rows && `${title}\n\n${markdownTable(['engine', ...names], rows)}`;
}

function memory(results: BenchResults): string | undefined {
  const alone = Object.entries(results.latency).filter(([id]) => !isLatencyOnly(id));
  const rows = rowsOf(results, Object.fromEntries(alone), ({ peakResidentBytes, proportionalBytes }) => [
    mebibytes(peakResidentBytes),
    mebibytes(proportionalBytes),
  ]);
  return (
    rows && `### Memory of one\n\n${markdownTable(['engine', 'peak RSS, MiB', 'PSS behind the last case, MiB'], rows)}`
  );
}

function load(results: BenchResults): string | undefined {
  const levels = Object.values(results.load)[0]?.levels.map(({ clients }) => clients) ?? [];
  const of = (all: readonly LoadLevel[], clients: number): LoadLevel => all.find((each) => each.clients === clients)!;
  const throughput = rowsOf(results, results.load, (figures) => [
    figures.bestLayout,
    ...levels.map((clients) => of(figures.levels, clients).perSecond.toFixed(2)),
    mebibytes(of(figures.levels, COMPARED_CLIENTS).peakProportionalBytes / COMPARED_CLIENTS),
  ]);
  const waits = rowsOf(results, results.load, (figures) =>
    levels.map((clients) => medianAndP95(of(figures.levels, clients).latency)),
  );
  const probes = rowsOf(results, results.load, (figures) =>
    levels.map((clients) => milliseconds(of(figures.levels, clients).probes.p99)),
  );
  if (throughput === undefined || waits === undefined || probes === undefined) return undefined;
  const clients = levels.map((count) => (count === 1 ? '1 client' : `${count} clients`));
  return [
    `### Several clients\n\nCase ${SHORT_CASE.name}. Answers a second, and the most memory at ${COMPARED_CLIENTS} clients for each of them:`,
    markdownTable(['engine', 'layout', ...clients, 'MiB a stream'], throughput),
    'Milliseconds until a client has its text, median and p95:',
    markdownTable(['engine', ...clients], waits),
    'Milliseconds until a probe is answered meanwhile, p99:',
    markdownTable(['engine', ...clients], probes),
  ].join('\n\n');
}

function loadLayouts(results: BenchResults): string | undefined {
  const rows = Object.entries(results.load).flatMap(([id, { layouts }]) =>
    Object.entries(layouts).map(([name, perSecond]) => [titleOf(id), name, perSecond.toFixed(2)]),
  );
  if (rows.length === 0) return undefined;
  const title = `### Layouts\n\nAnswers a second at ${COMPARED_CLIENTS} clients; the best of each counts above.`;
  return `${title}\n\n${markdownTable(['engine', 'layout', 'a second'], rows)}`;
}

function longFile(results: BenchResults): string | undefined {
  const rows = rowsOf(results, results.longFile, ({ seconds, windows, realTimeFactor, layout }) => [
    seconds.toFixed(1),
    realTimeFactor.toFixed(4),
    String(windows),
    layout,
  ]);
  return (
    rows &&
    `### Ten minutes of speech\n\n${markdownTable(['engine', 's', 'real-time factor', 'windows', 'layout'], rows)}`
  );
}

function lengths({ longFile }: BenchResults): string | undefined {
  const rows = Object.entries(longFile).flatMap(([id, figures]) =>
    (figures.lengths ?? []).map(({ audioSeconds, seconds, windows, tokens }) => [
      titleOf(id),
      duration(audioSeconds),
      seconds.toFixed(1),
      (seconds / audioSeconds).toFixed(4),
      String(windows),
      ((windows * tokens) / audioSeconds).toFixed(2),
    ]),
  );
  if (rows.length === 0) return undefined;
  return `### Other lengths\n\n${markdownTable(['engine', 'speech', 's', 'real-time factor', 'windows', 'tokens a second of speech'], rows)}`;
}

function coldStart(results: BenchResults): string | undefined {
  const rows = rowsOf(results, results.coldStart, ({ median }) => [milliseconds(median)]);
  const title = '### Cold start\n\nFrom the start of the process to the first text, with all files in the page cache.';
  return rows && `${title}\n\n${markdownTable(['engine', 'ms, median'], rows)}`;
}

function defaults(results: BenchResults): string | undefined {
  const rows = rowsOf(results, results.defaults, (figures, id) => [
    medianAndP95(figures),
    String(figures.tokens),
    PEERS.find((peer) => peer.id === id)?.asItComes ?? '',
  ]);
  const title = `### As the libraries come\n\nCase ${SHORT_CASE.name}, nothing stated; those to which that makes no difference are left out.`;
  return (
    rows && `${title}\n\n${markdownTable(['engine', 'ms, median and p95', 'tokens', 'what it does by itself'], rows)}`
  );
}

function versions({ peers }: BenchResults): string {
  const rows = peers.map(({ title, about, missing }) => [
    title,
    missing === undefined ? (about ?? 'not measured alone') : `missing: ${missing}`,
  ]);
  return `### Versions\n\n${markdownTable(['engine', 'version and settings'], rows)}`;
}

/** A row for each peer that was to be measured; undefined where none was. */
function rowsOf<Figures>(
  { peers }: BenchResults,
  figures: Readonly<Record<string, Figures>>,
  cells: (figures: Figures, id: string) => readonly string[],
): readonly (readonly string[])[] | undefined {
  const measured = peers.flatMap(({ id, title, missing }): (readonly string[])[] => {
    const own = figures[id];
    if (own !== undefined) return [[title, ...cells(own, id)]];
    return missing === undefined ? [] : [[title, 'missing, see versions']];
  });
  return Object.keys(figures).length === 0 ? undefined : measured;
}

function titleOf(id: string): string {
  return PEERS.find((peer) => peer.id === id)?.title ?? id;
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600 ? `${seconds / 60} min` : `${seconds / 3600} h`;
}

function medianAndP95(times: Times | undefined): string {
  return times === undefined ? '–' : `${milliseconds(times.median)}, ${milliseconds(times.p95)}`;
}

function milliseconds(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0);
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
