import { markdownTable, withPart, type WrittenPart } from '../markdown-page';
import type { FairnessFigures } from './fairness';
import type { OverloadFigures } from './overload';

export interface LoadResults {
  readonly date: string;
  readonly machine: string;
  /** Requests a second, before the load and after it. */
  readonly capacityPerSecond: readonly [number, number];
  readonly deadlineSeconds: number;
  readonly overload: OverloadFigures;
  readonly flood: FairnessFigures;
  readonly longFiles: FairnessFigures;
}

const MEASURED: WrittenPart = {
  begin: '<!-- measured: written by `npm run bench:load` -->',
  end: '<!-- /measured -->',
};

/** The page with the measured part anew. @throws where the page has no place for it */
export function withMeasured(page: string, results: LoadResults): string {
  return withPart(page, MEASURED, measured(results));
}

/** As Prettier leaves it. */
export function measured(results: LoadResults): string {
  const { date, machine, capacityPerSecond, deadlineSeconds, overload, flood, longFiles } = results;
  const mean = (capacityPerSecond[0] + capacityPerSecond[1]) / 2;
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  const rows = [
    [
      'capacity: short utterances, four at a time; before the load, and after it',
      capacityPerSecond.map((rate) => `${rate.toFixed(1)} a second`).join(', '),
    ],
    [
      `requests in ${overload.seconds.toFixed(0)} s of twice that, each with a deadline of ${deadlineSeconds} s`,
      String(overload.requests),
    ],
    ['answered', String(overload.answered)],
    ['answered after, median and last', `${ms(overload.answeredMs.median)}, ${ms(overload.answeredMs.last)}`],
    ['p95 of all that were accepted; one that is given up takes for ever', ms(overload.acceptedMs.p95)],
    ['answered in time, of the mean capacity', `${((100 * overload.goodputPerSecond) / mean).toFixed(0)} %`],
    ['refused', String(overload.refused)],
    ['refused after, median and p99', `${ms(overload.refusedMs.median)}, ${ms(overload.refusedMs.p99)}`],
    ['accepted, and given up', String(overload.timedOut)],
    ['anything else', String(overload.others.length)],
    ['an utterance alone, p95', ms(flood.unloadedP95)],
    ['beside another key with 48 requests in, p95', ms(flood.besideP95)],
    ['beside four long files of its own key, p95', ms(longFiles.besideP95)],
  ];
  return `${date}, ${machine}:\n\n${markdownTable(['what', 'measured'], rows)}`;
}
