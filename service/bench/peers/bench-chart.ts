import { SHORT_CASE } from './cases';
import { COMPARED_CLIENTS } from './load';
import { isLatencyOnly } from './peers';
import type { BenchResults } from './results';

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly isOurs: boolean;
}

interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
  readonly format: (value: number) => string;
}

const WIDTH = 760;
const LABELS = 230;
const VALUES = 70;
const BAR = { height: 18, gap: 6 };
const PANEL = { top: 34, bottom: 18 };
const COLOURS = { ours: '#1f77b4', others: '#9aa5b1' };

/** Bars of the figures that a visitor asks for first; panels without figures are left out. */
export function benchChart(results: BenchResults): string {
  const panels = panelsOf(results).filter(({ bars }) => bars.length > 0);
  const heights = panels.map(({ bars }) => PANEL.top + bars.length * (BAR.height + BAR.gap) + PANEL.bottom);
  const height = heights.reduce((sum, each) => sum + each, 0);
  let top = 0;
  const drawn = panels.map((panel, index) => {
    const part = drawPanel(panel, top);
    top += heights[index]!;
    return part;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12" role="img">
<title>${escape(panels.map(({ title }) => title).join('; '))}</title>
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
${drawn.join('\n')}
</svg>
`;
}

function panelsOf(results: BenchResults): readonly Panel[] {
  const barsOf = <Figures>(
    all: Readonly<Record<string, Figures>>,
    value: (figures: Figures) => number,
  ): readonly Bar[] =>
    results.peers.flatMap(({ id, title }) => {
      const figures = all[id];
      return figures === undefined ? [] : [{ label: title, value: value(figures), isOurs: id.startsWith('ours') }];
    });
  const whole = (value: number): string => value.toFixed(0);
  return [
    {
      title: `${SHORT_CASE.name}: milliseconds, median (less is better)`,
      bars: barsOf(results.latency, ({ cases }) => cases[SHORT_CASE.name]?.median ?? 0).filter(
        ({ value }) => value > 0,
      ),
      format: whole,
    },
    {
      title: `${COMPARED_CLIENTS} clients: answers a second (more is better)`,
      bars: barsOf(results.load, ({ levels }) => levels.find(({ clients }) => clients === COMPARED_CLIENTS)!.perSecond),
      format: (value) => value.toFixed(1),
    },
    {
      title: 'Ten minutes of speech: seconds (less is better)',
      bars: barsOf(results.longFile, ({ seconds }) => seconds),
      format: (value) => value.toFixed(1),
    },
    {
      title: 'Peak memory of one, MiB (less is better)',
      bars: barsOf(
        Object.fromEntries(Object.entries(results.latency).filter(([id]) => !isLatencyOnly(id))),
        ({ peakResidentBytes }) => peakResidentBytes / 2 ** 20,
      ),
      format: whole,
    },
  ];
}

function drawPanel({ title, bars, format }: Panel, top: number): string {
  const most = Math.max(...bars.map(({ value }) => value));
  const lines = [text(8, top + 22, title, 'font-weight="bold"')];
  bars.forEach(({ label, value, isOurs }, index) => {
    const y = top + PANEL.top + index * (BAR.height + BAR.gap);
    const width = ((WIDTH - LABELS - VALUES) * value) / most;
    const colour = isOurs ? COLOURS.ours : COLOURS.others;
    lines.push(text(LABELS - 8, y + 13, label, 'text-anchor="end"'));
    lines.push(`<rect x="${LABELS}" y="${y}" width="${width.toFixed(1)}" height="${BAR.height}" fill="${colour}"/>`);
    lines.push(text(LABELS + width + 6, y + 13, format(value), ''));
  });
  return lines.join('\n');
}

function text(x: number, y: number, contents: string, attributes: string): string {
  return `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${escape(contents)}</text>`;
}

function escape(contents: string): string {
  return contents.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
