import { markdownTable } from '../markdown-page';
import { growthOf, type LongRun } from './long-run';

/** As Prettier leaves it. */
export function longRunText(
  run: LongRun,
  { date, machine, model }: { readonly date: string; readonly machine: string; readonly model: string },
): string {
  const { seconds, clients, parts, restBytes } = run;
  const answers = parts.reduce((sum, part) => sum + part.answers, 0);
  const rows = parts.map((part, i) => [
    `${i + 1} of ${parts.length}`,
    String(part.answers),
    mebibytes(part.medianBytes),
    mebibytes(part.mostBytes),
  ]);
  const growth = 100 * growthOf(run);
  return [
    `${date}, ${machine}, ${model} in 8 bits, ${clients} clients for ${(seconds / 60).toFixed(0)} minutes, ${answers} answers:`,
    markdownTable(['part of the run', 'answers', 'PSS, median', 'most'], rows),
    `The last three parts take ${growth.toFixed(1)} % more than the second to fourth. At rest: ${mebibytes(restBytes[0])} after the start, ${mebibytes(restBytes[1])} after the run.`,
  ].join('\n\n');
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
