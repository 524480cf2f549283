/**
 * What the layouts of the engine's threads are worth (service/src/engine/engine-layout.ts), as a table for
 * docs/performance.md. `node build/service/bench/engine/bench-layouts.js MODEL_FOLDER`; part of `npm run bench:engine`.
 */
import { resourceLimits, usableCpus } from '../../src/engine/cgroup';
import { measureLayout, type LayoutFigures, type LayoutOptions } from './measured-layout';

const MEBIBYTE = 2 ** 20;
const HEAD = ['layout', 'alone', '8 callers', 'file of 10 min, RTF', 'memory at rest', 'at most'];

function layoutsOf(cpus: number): Readonly<Record<string, LayoutOptions>> {
  const half = Math.floor(cpus / 2);
  return {
    [`1 process of ${cpus} threads`]: { processes: 1, threads: cpus },
    [`2 processes of ${half}`]: { processes: 2, threads: half },
    [`2 processes of ${cpus}`]: { processes: 2, threads: cpus },
    'by the load': { threads: cpus, splitsWithRoom: () => true },
  };
}

function cells(name: string, figures: LayoutFigures): readonly string[] {
  const { loneMs, requestsPerSecond, realTimeFactor, restingBytes, peakBytes } = figures;
  return [
    name,
    `${loneMs.toFixed(0)} ms`,
    `${requestsPerSecond.toFixed(2)} a second`,
    realTimeFactor.toFixed(4),
    `${(restingBytes / MEBIBYTE).toFixed(0)} MiB`,
    `${(peakBytes / MEBIBYTE).toFixed(0)} MiB`,
  ];
}

const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;

async function main(folder: string | undefined): Promise<void> {
  if (folder === undefined) throw new Error("name the folder of a model: random weights in tiny's shapes");
  const cpus = usableCpus(resourceLimits());
  if (cpus < 2) throw new Error(`there is nothing to lay out on ${cpus} CPU: give two`);
  console.log(`${line(HEAD)}\n${line(HEAD.map(() => '---'))}`);
  for (const [name, layout] of Object.entries(layoutsOf(cpus))) {
    console.log(line(cells(name, await measureLayout(folder, layout))));
  }
}

main(process.argv[2]).catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
