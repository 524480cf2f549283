import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Engine, type EngineOptions } from '../../src/engine/engine';
import { askAhead } from '../../src/whisper/ask-ahead';
import { SAMPLE_RATE_HZ } from '../../src/whisper/audio-format';
import type { DecodingOptions } from '../../src/whisper/decoding-options';
import { closedLoopFor } from '../load/closed-loop';
import { percentile } from '../load/percentile';
import { SeededRandom } from '../load/seeded-random';
import { processTree, proportionalBytes } from '../peers/process-memory';

const CALLERS = 8;
/** In which the layout follows the load, and for which it is then measured. */
const SETTLING_SECONDS = 4;
const MEASURED_SECONDS = 8;
const WARM_UPS = 3;
const LONE_REQUESTS = 12;
/** 3.3 tokens a second, as English has. */
const UTTERANCE = { seconds: 5, tokens: 16 };
const WINDOW = { seconds: 30, tokens: 100 };
/** Ten minutes. */
const WINDOWS_OF_FILE = 20;
const SAMPLE_EVERY_MS = 50;
/** Garbage is collected after a tenth of this. */
const REST_MS = 1000;

export type LayoutOptions = Pick<EngineOptions, 'processes' | 'threads' | 'splitsWithRoom'>;

export interface LayoutFigures {
  readonly loneMs: number;
  /** Of eight callers. */
  readonly requestsPerSecond: number;
  /** Of the long file: what it takes ÷ its length. */
  readonly realTimeFactor: number;
  /** Memory of the engine's processes. */
  readonly restingBytes: number;
  readonly peakBytes: number;
}

/** @param folder of a model whose windows have as many tokens as are asked for */
export async function measureLayout(folder: string, layout: LayoutOptions): Promise<LayoutFigures> {
  const engine = new Engine({
    modelStore: path.dirname(path.resolve(folder)),
    model: path.basename(folder),
    quantization: 'int8',
    maxQueue: CALLERS,
    ...layout,
  });
  let peakBytes = 0;
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, childrenBytes());
  }, SAMPLE_EVERY_MS);
  const processesAtRest = layout.processes ?? 1;
  const untilRest = async (): Promise<void> => {
    while (engine.admission.load.slots > processesAtRest) await sleep(SAMPLE_EVERY_MS);
    await sleep(REST_MS);
  };
  try {
    await engine.start();
    const loneMs = await medianOfLone(engine);
    const realTimeFactor = await realTimeFactorOf(engine);
    await untilRest();
    const requestsPerSecond = await throughputOf(engine);
    await untilRest();
    const restingBytes = childrenBytes();
    return { loneMs, requestsPerSecond, realTimeFactor, restingBytes, peakBytes };
  } finally {
    clearInterval(watch);
    await engine.stop();
  }
}

async function medianOfLone(engine: Engine): Promise<number> {
  const samples = noise(UTTERANCE.seconds);
  const times: number[] = [];
  for (let i = 0; i < WARM_UPS + LONE_REQUESTS; i++) {
    const started = performance.now();
    await engine.decodeWindow(samples, greedy(UTTERANCE.tokens));
    times.push(performance.now() - started);
  }
  return percentile(times.slice(WARM_UPS), 0.5);
}

async function throughputOf(engine: Engine): Promise<number> {
  const samples = noise(UTTERANCE.seconds);
  let done = 0;
  const decode = async (): Promise<void> => {
    await engine.decodeWindow(samples, greedy(UTTERANCE.tokens));
    done++;
  };
  await closedLoopFor(SETTLING_SECONDS, CALLERS, decode);
  done = 0;
  return (1 / (await closedLoopFor(MEASURED_SECONDS, CALLERS, decode))) * done;
}

async function realTimeFactorOf(engine: Engine): Promise<number> {
  const samples = noise(WINDOW.seconds);
  const started = performance.now();
  const windows = askAhead(
    new Array<Float32Array>(WINDOWS_OF_FILE).fill(samples),
    () => engine.maxProcesses,
    (window, unwanted) => engine.decodeWindow(window, greedy(WINDOW.tokens), unwanted),
  );
  let tokens = 0;
  for await (const [, result] of windows) tokens += result.tokens.length;
  if (tokens !== WINDOWS_OF_FILE * WINDOW.tokens) {
    throw new Error(`a window of this model ends by itself: ${tokens} tokens came; take one of random weights`);
  }
  return (performance.now() - started) / 1000 / (WINDOWS_OF_FILE * WINDOW.seconds);
}

function noise(seconds: number): Float32Array {
  const random = new SeededRandom(1);
  return Float32Array.from({ length: seconds * SAMPLE_RATE_HZ }, () => 0.1 * (random.next() - 0.5));
}

function greedy(maxNewTokens: number): DecodingOptions {
  return { task: 'transcribe', timestamps: false, temperature: 0, language: 'en', maxNewTokens };
}

/** Of the processes that this one has started. */
function childrenBytes(): number {
  return proportionalBytes(processTree(process.pid).slice(1));
}
