import { VERSION } from '../../version';
import type { Finding, Status } from './finding';

/** What `doctor --json` prints (docs/cli.md). */
export interface Report {
  /** Of the server. */
  readonly version: string;
  /** The worst of all checks; those that were skipped do not count. */
  readonly status: Exclude<Status, 'skipped'>;
  /** How many checks came to each status. */
  readonly counts: Readonly<Record<Status, number>>;
  readonly checks: readonly CheckReport[];
}

export interface CheckReport extends Finding {
  readonly id: string;
}

export function reportOf(checks: readonly CheckReport[]): Report {
  const count = (status: Status): number => checks.filter((check) => check.status === status).length;
  const counts = { ok: count('ok'), warning: count('warning'), failure: count('failure'), skipped: count('skipped') };
  return {
    version: VERSION,
    status: counts.failure > 0 ? 'failure' : counts.warning > 0 ? 'warning' : 'ok',
    counts,
    checks,
  };
}

const STATUS_WIDTH = 'failure'.length;

/** One line a check; three where something is to be done. */
export function reportText({ checks, counts }: Report): string {
  const idWidth = Math.max(...checks.map(({ id }) => id.length));
  const indent = ' '.repeat(STATUS_WIDTH + idWidth + 4);
  const lines = checks.flatMap(({ id, status, found, wanted, remedy }) => [
    `${status.padEnd(STATUS_WIDTH)}  ${id.padEnd(idWidth)}  ${found}`,
    ...(remedy === undefined ? [] : [`${indent}wanted: ${wanted}`, `${indent}to do: ${remedy}`]),
  ]);
  const summary = `${counts.ok} ok, ${plural(counts.warning, 'warning')}, ${plural(counts.failure, 'failure')}, ${counts.skipped} skipped`;
  return `${lines.join('\n')}\n\n${summary}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
