/**
 * `npm run bench`: this server beside the other engines that run Whisper on CPUs, with the same weights and the same
 * number of tokens, on the same two CPUs in the same run (docs/performance.md).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { benchArguments, type BenchArguments, type Part } from './bench-arguments';
import { BenchCache, REPOSITORY } from './bench-cache';
import { benchChart } from './bench-chart';
import { benchReport, withMeasured } from './bench-report';
import { SHORT_CASE } from './cases';
import { measureColdStarts } from './cold-start';
import { measureDefaults, measureLatency, type LatencyResult } from './latency';
import { measureLoad } from './load';
import { LongFile } from './long-file';
import { THREADS } from './peers';
import { checkTaskset, measuredCpus } from './pinned-process';
import type { BenchResults, LoadFigures, LongFileFigures } from './results';
import { Workbench } from './workbench';

const PAGE = path.join(REPOSITORY, 'docs/performance.md');
const COLD_STARTS = 3;

async function bench(asked: BenchArguments): Promise<void> {
  checkTaskset();
  const cpus = measuredCpus();
  const begun = performance.now();
  const say = (what: string): void => {
    console.error(`${((performance.now() - begun) / 1000).toFixed(0).padStart(5)} s  ${what}`);
  };
  const cache = new BenchCache(BenchCache.defaultFolder(), asked.model);
  const missing = await cache.setUp(say);
  const workbench = new Workbench(cache, asked.peers, missing, say);
  const part = <Result>(name: Part, measure: () => Promise<Result>, without: Result): Promise<Result> =>
    asked.parts.includes(name) ? measure() : Promise.resolve(without);

  const nothing: LatencyResult = { figures: {}, about: {} };
  const latency = await part('latency', () => measureLatency(workbench, asked.cases, asked.rounds), nothing);
  const defaults = await part('defaults', () => measureDefaults(workbench, SHORT_CASE, asked.rounds), {});
  const coldStart = await part('cold-start', () => measureColdStarts(workbench, COLD_STARTS), {});
  const load: Record<string, LoadFigures> = {};
  const longFile: Record<string, LongFileFigures> = {};
  const longFileBench = new LongFile(workbench);
  for (const peer of workbench.peers.filter(({ layouts }) => layouts.length > 0)) {
    await workbench.attempt(peer, async () => {
      if (asked.parts.includes('load')) load[peer.id] = await measureLoad(workbench, peer);
      if (!asked.parts.includes('long-file')) return;
      const best = peer.layouts.find(({ name }) => name === load[peer.id]?.bestLayout);
      longFile[peer.id] = await longFileBench.measure(peer, best ?? peer.layouts[0]!);
    });
  }

  const results: BenchResults = {
    date: new Date().toISOString().slice(0, 10),
    machine: `CPUs ${cpus.join(' and ')} of ${os.cpus().length} (${os.cpus()[0]!.model}), Node.js ${process.versions.node}`,
    weights: asked.model === undefined ? "random weights in Whisper tiny's shapes" : path.basename(asked.model),
    threads: THREADS,
    peers: asked.peers.map((peer) => {
      const { id, title } = peer;
      return { id, title, about: latency.about[id], missing: workbench.whyMissing(peer) };
    }),
    latency: latency.figures,
    defaults,
    coldStart,
    load,
    longFile,
  };
  console.log(benchReport(results));
  write(results, asked.isWhole);
  say('done');
}

/** The figures that are published are those of a whole run; others are for whoever asked. */
function write(results: BenchResults, isWhole: boolean): void {
  const folder = path.join(REPOSITORY, isWhole ? 'docs/performance' : 'artifacts/bench');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'peers.json'), `${JSON.stringify(results, undefined, 2)}\n`);
  writeFileSync(path.join(folder, 'peers.svg'), benchChart(results));
  if (isWhole) writeFileSync(PAGE, withMeasured(readFileSync(PAGE, 'utf8'), results));
  console.error(
    `written: ${path.relative(process.cwd(), folder)}/peers.json, peers.svg${isWhole ? ', and ' + PAGE : ''}`,
  );
}

async function main(): Promise<void> {
  try {
    await bench(benchArguments(process.argv.slice(2)));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}

void main();
