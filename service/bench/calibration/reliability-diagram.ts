import type { ReliabilityBin } from './reliability';

/** A line of a panel. */
export interface DiagramSeries {
  readonly label: string;
  readonly colour: string;
  readonly bins: readonly ReliabilityBin[];
}

export interface DiagramPanel {
  readonly title: string;
  readonly outcome: string;
  /** The first one has intervals, and a histogram below. */
  readonly series: readonly DiagramSeries[];
}

const PLOT = { left: 56, top: 44, size: 300, histogram: 60, gap: 18 };
const PANEL_WIDTH = 400;
const HEIGHT = PLOT.top + PLOT.size + PLOT.gap + PLOT.histogram + 40;

/** Draws, panel by panel, the share of right ones over the confidence: on the diagonal a confidence means what it says. */
export function reliabilityDiagram(panels: readonly DiagramPanel[]): string {
  const width = panels.length * PANEL_WIDTH;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" width="${width}" height="${HEIGHT}" font-family="sans-serif" font-size="12" role="img">
<title>Reliability diagrams: ${escape(panels.map(({ title }) => title).join('; '))}</title>
<rect width="${width}" height="${HEIGHT}" fill="#ffffff"/>
${panels.map((panel, index) => drawPanel(panel, index * PANEL_WIDTH)).join('\n')}
</svg>
`;
}

function drawPanel({ title, outcome, series }: DiagramPanel, offset: number): string {
  const left = offset + PLOT.left;
  const bottom = PLOT.top + PLOT.size;
  const x = (value: number): string => (left + value * PLOT.size).toFixed(1);
  const y = (value: number): string => (bottom - value * PLOT.size).toFixed(1);
  const lines = [
    text(left + PLOT.size / 2, 18, title, 'text-anchor="middle" font-weight="bold"'),
    `<rect x="${left}" y="${PLOT.top}" width="${PLOT.size}" height="${PLOT.size}" fill="none" stroke="#888888"/>`,
    `<line x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}" stroke="#888888" stroke-dasharray="4 4"/>`,
  ];
  for (const tick of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
    lines.push(text(left + tick * PLOT.size, HEIGHT - 24, String(tick), 'text-anchor="middle"'));
    lines.push(text(left - 6, bottom - tick * PLOT.size + 4, String(tick), 'text-anchor="end"'));
  }
  lines.push(text(left + PLOT.size / 2, HEIGHT - 8, 'confidence', 'text-anchor="middle"'));
  const [across, down] = [offset + 16, PLOT.top + PLOT.size / 2];
  lines.push(text(across, down, outcome, `text-anchor="middle" transform="rotate(-90 ${across} ${down})"`));
  series.forEach(({ label, colour, bins }, index) => {
    const points = bins.map(({ meanConfidence, meanOutcome }) => `${x(meanConfidence)},${y(meanOutcome)}`);
    lines.push(`<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const { meanConfidence, meanOutcome, interval } of bins) {
      lines.push(`<circle cx="${x(meanConfidence)}" cy="${y(meanOutcome)}" r="3" fill="${colour}"/>`);
      if (index > 0) continue;
      const [low, high] = interval;
      const at = x(meanConfidence);
      lines.push(`<line x1="${at}" y1="${y(low)}" x2="${at}" y2="${y(high)}" stroke="${colour}"/>`);
    }
    lines.push(text(left + 10, PLOT.top + 18 + 16 * index, label, `fill="${colour}"`));
  });
  lines.push(drawHistogram(series[0]!, left, bottom + PLOT.gap));
  return lines.join('\n');
}

/** How many there are in each bin. */
function drawHistogram({ bins, colour }: DiagramSeries, left: number, top: number): string {
  const most = Math.max(...bins.map(({ count }) => count));
  const bars = bins.map(({ from, to, count }) => {
    const height = (PLOT.histogram * count) / most;
    const width = (to - from) * PLOT.size - 2;
    const place = `x="${(left + from * PLOT.size + 1).toFixed(1)}" y="${(top + PLOT.histogram - height).toFixed(1)}"`;
    return `<rect ${place} width="${width.toFixed(1)}" height="${height.toFixed(1)}" fill="${colour}" fill-opacity="0.5"/>`;
  });
  return [text(left - 6, top + 10, String(most), 'text-anchor="end"'), ...bars].join('\n');
}

function text(x: number, y: number, contents: string, attributes: string): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escape(contents)}</text>`;
}

function escape(contents: string): string {
  return contents.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
