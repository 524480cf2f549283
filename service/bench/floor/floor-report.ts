import { markdownTable, withPart, type WrittenPart } from '../markdown-page';
import type { MachinePeaks } from './machine-peaks';
import type { Stage } from './stages';

export interface MeasuredStage extends Omit<Stage, 'operators'> {
  /** Median of the runs. */
  readonly ms: number;
}

export interface FloorResults {
  readonly date: string;
  readonly machine: string;
  readonly weights: string;
  readonly threads: number;
  readonly peaks: MachinePeaks;
  /** What is heard, and read and written of it. */
  readonly utterance: { readonly seconds: number; readonly promptTokens: number; readonly tokens: number };
  readonly stages: readonly MeasuredStage[];
  /** Medians without the profiler, from samples or tokens to what comes of them. */
  readonly encodeMs: number;
  readonly promptMs: number;
  readonly stepMs: number;
}

const FLOOR: WrittenPart = {
  begin: '<!-- floor: written by `npm run bench:floor` -->',
  end: '<!-- /floor -->',
};

/** The page with the floor anew. @throws where the page has no place for it */
export function withFloor(page: string, results: FloorResults): string {
  return withPart(page, FLOOR, floorReport(results));
}

/** In Markdown as Prettier leaves it. */
export function floorReport(results: FloorResults): string {
  const { peaks, utterance, stages, encodeMs, promptMs, stepMs } = results;
  const { seconds, promptTokens, tokens } = utterance;
  const of = (graph: Stage['graph']): readonly MeasuredStage[] => stages.filter((stage) => stage.graph === graph);
  const floorOf = (graph: Stage['graph']): number => of(graph).reduce((sum, { floorMs }) => sum + floorMs, 0);
  const wholeFloor = floorOf('encoder') + tokens * floorOf('decoder');
  const whole = encodeMs + promptMs + (tokens - 1) * stepMs;
  return [
    `${results.date}, ${results.machine}; ${results.weights}; ${results.threads} threads. At best they do ` +
      `${giga(peaks.floatOperations)} billion operations a second in single precision and ${giga(peaks.int8Operations)} in 8 bits ` +
      `(a product of two matrices of 2048 × 2048), and read ${giga(peaks.cachedBytes)} GB/s of a matrix that the caches hold and ` +
      `${giga(peaks.memoryBytes)} GB/s of one that they do not (a single row times it).`,
    markdownTable(
      ['stage', 'Gop', 'MB read', 'floor, ms', 'ours, ms', 'ours ÷ floor', 'what the gap is made of'],
      [
        ...of('encoder').map(row),
        [
          '**encoder, a window**',
          '',
          '',
          decimals(floorOf('encoder')),
          decimals(encodeMs),
          ratio(encodeMs, floorOf('encoder')),
          '',
        ],
        ...of('decoder').map(row),
        [
          '**decoder, a step**',
          '',
          '',
          decimals(floorOf('decoder')),
          decimals(stepMs),
          ratio(stepMs, floorOf('decoder')),
          '',
        ],
        [
          `**${seconds} s, ${tokens} tokens**`,
          '',
          '',
          decimals(wholeFloor),
          decimals(whole),
          ratio(whole, wholeFloor),
          `a prompt of ${promptTokens} tokens is ${decimals(promptMs)} of it`,
        ],
      ],
    ),
  ].join('\n\n');
}

function row({ name, operations, bytes, floorMs, ms, gap }: MeasuredStage): readonly string[] {
  return [
    name,
    operations === 0 ? '' : decimals(operations / 1e9),
    bytes === 0 ? '' : (bytes / 1e6).toFixed(1),
    floorMs === 0 ? '0' : decimals(floorMs),
    decimals(ms),
    floorMs === 0 ? '' : ratio(ms, floorMs),
    gap,
  ];
}

function ratio(ms: number, floorMs: number): string {
  return (ms / floorMs).toFixed(1);
}

function decimals(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
}

function giga(perSecond: number): string {
  return (perSecond / 1e9).toFixed(0);
}
