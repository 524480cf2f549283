/**
 * `npm run bench:floor`: the least that a window could take on these CPUs, what it takes, and where the rest goes
 * (docs/performance.md).
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { engineEnvironment } from '../../src/engine/engine-environment';
import { CompiledWhisperModel } from '../../src/engine/compiled-whisper-model';
import { openModelDirectory, type CompiledModelDirectory } from '../../src/engine/model-directory';
import { modelShapeOf } from '../../src/engine/model-shape';
import { SAMPLE_RATE_HZ } from '../../src/whisper/audio-format';
import { percentile } from '../load/percentile';
import { BenchCache, REPOSITORY } from '../peers/bench-cache';
import { COMPILED, THREADS } from '../peers/peers';
import { checkTaskset, measuredCpus, spawnPinned } from '../peers/pinned-process';
import { floorReport, withFloor, type FloorResults } from './floor-report';
import { measurePeaks } from './machine-peaks';
import { readProfile, type KernelTimes } from './profile';
import { stageMs, stagesOf } from './stages';

const PAGE = path.join(REPOSITORY, 'docs/performance.md');
const JSON_FILE = path.join(REPOSITORY, 'docs/performance/floor.json');
const UTTERANCE = { seconds: 5, promptTokens: 4, tokens: 16 };
/** Any text will do: what a token costs does not depend on it. */
const TOKEN = 100;
const WARM_UPS = 2;
const REPEATS = 20;

interface Timed {
  readonly encodeMs: number;
  readonly promptMs: number;
  readonly stepMs: number;
}

/** Hears the utterance and reads its text, again and again. */
async function times(model: CompiledWhisperModel): Promise<Timed> {
  const samples = Float32Array.from(
    { length: UTTERANCE.seconds * SAMPLE_RATE_HZ },
    (_, i) => 0.3 * Math.sin(i * i * 1e-5),
  );
  const taken = { encode: [] as number[], prompt: [] as number[], step: [] as number[] };
  for (let repeat = -WARM_UPS; repeat < REPEATS; repeat++) {
    const timed = async <Result>(list: number[], work: () => Promise<Result>): Promise<Result> => {
      const started = performance.now();
      const result = await work();
      if (repeat >= 0) list.push(performance.now() - started);
      return result;
    };
    const features = await timed(taken.encode, () => model.encode(samples));
    const decoder = model.newDecoder(features);
    const prompt = new Array<number>(UTTERANCE.promptTokens).fill(TOKEN);
    await timed(taken.prompt, () => decoder.append(prompt, [0, prompt.length - 1]));
    for (let token = 1; token < UTTERANCE.tokens; token++) await timed(taken.step, () => decoder.append([TOKEN]));
    decoder.dispose();
  }
  const median = (list: readonly number[]): number => percentile(list, 0.5);
  return { encodeMs: median(taken.encode), promptMs: median(taken.prompt), stepMs: median(taken.step) };
}

/** What the kernels of the encoder took in each run, and those of each single step of the decoder. */
async function profiles(
  directory: CompiledModelDirectory,
): Promise<Record<'encoder' | 'decoder', readonly KernelTimes[]>> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'profile-'));
  try {
    const prefix = path.join(folder, 'profile');
    const model = await CompiledWhisperModel.load(directory, THREADS, prefix);
    await times(model);
    await model.release();
    const decoderRuns = readProfile(`${prefix}-decoder`).slice(WARM_UPS * UTTERANCE.tokens);
    return {
      encoder: readProfile(`${prefix}-encoder`).slice(WARM_UPS),
      // The first of each text is its prompt.
      decoder: decoderRuns.filter((_, run) => run % UTTERANCE.tokens !== 0),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** In a process that is pinned, and whose memory is laid out as the engine's. */
async function measure(store: string): Promise<FloorResults> {
  const directory = openModelDirectory(store, COMPILED, 'int8');
  if (directory.layout !== 'compiled' || directory.variant !== 'int8') {
    throw new Error('the floor is that of processors with dot products of 8-bit integers: this one has none');
  }
  console.error('measuring what the machine does at best');
  const peaks = await measurePeaks(THREADS);
  console.error('measuring the model');
  const timed = await times(await CompiledWhisperModel.load(directory, THREADS));
  const kernels = await profiles(directory);
  const pastTokens = UTTERANCE.promptTokens + UTTERANCE.tokens / 2;
  const stages = stagesOf(modelShapeOf(directory), { seconds: UTTERANCE.seconds, pastTokens }, peaks);
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `CPUs ${measuredCpus().join(' and ')} of ${os.cpus().length} (${os.cpus()[0]!.model}), Node.js ${process.versions.node}`,
    weights: "random weights in Whisper tiny's shapes",
    threads: THREADS,
    peaks,
    utterance: UTTERANCE,
    stages: stages.map((stage) => {
      const runs = kernels[stage.graph].map((run) => stageMs(stage, stages, run));
      const { graph, name, operations, bytes, floorMs, gap } = stage;
      return { graph, name, operations, bytes, floorMs, gap, ms: percentile(runs, 0.5) };
    }),
    ...timed,
  };
}

async function bench(): Promise<void> {
  checkTaskset();
  const cache = new BenchCache(BenchCache.defaultFolder());
  await cache.setUp(console.error);
  const child = spawnPinned([process.execPath, __filename, cache.weights], engineEnvironment(process.env));
  child.stderr.pipe(process.stderr);
  let output = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) output += chunk as string;
  if (output === '') throw new Error('nothing was measured');
  const results = JSON.parse(output) as FloorResults;
  console.log(floorReport(results));
  writeFileSync(JSON_FILE, `${JSON.stringify(results, undefined, 2)}\n`);
  writeFileSync(PAGE, withFloor(readFileSync(PAGE, 'utf8'), results));
}

async function main(store: string | undefined): Promise<void> {
  try {
    if (store === undefined) await bench();
    else process.stdout.write(JSON.stringify(await measure(store)));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}

// With a model store it is the measured process, which the other one starts.
void main(process.argv[2]);
