import { Tensor } from 'onnxruntime-node';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ChannelInt8Layers } from '../../src/compiler/linear-layers';
import { GraphBuilder } from '../../src/compiler/onnx/graph-builder';
import { loadSession } from '../../src/engine/onnx-session';
import { VERSION } from '../../src/version';

/** What the CPUs do at best, all of them together, as ONNX Runtime's own kernels reach it. */
export interface MachinePeaks {
  /** Operations a second of a large product: a multiplication and an addition are two. */
  readonly floatOperations: number;
  readonly int8Operations: number;
  /** Bytes a second of a single row times a matrix that the caches hold, and of one that they do not. */
  readonly cachedBytes: number;
  readonly memoryBytes: number;
}

/** Large enough that nothing but the product counts. */
const SIDE = 2048;
/** Rows of the matrices that a single row is multiplied with. */
const ROW_WIDTH = 1024;
/** 16 MiB: less than the last cache of most processors, and more than the one before it. */
const CACHED_COLUMNS = 4096;
/** 256 MiB: more than the last cache of most processors. */
const MEMORY_COLUMNS = 65_536;
const REPEATS = 15;

export async function measurePeaks(threads: number): Promise<MachinePeaks> {
  const operations = 2 * SIDE ** 3;
  const square = random(SIDE * SIDE);
  const rows = new Tensor('float32', square, [SIDE, SIDE]);
  const float = new GraphBuilder('float');
  const a = float.input('a', 'float', [SIDE, SIDE]);
  float.output('y', float.node('MatMul', [a, float.constant('b', square, [SIDE, SIDE])]), 'float', [SIDE, SIDE]);
  const int8 = new GraphBuilder('int8');
  const weight = { outputs: SIDE, inputs: SIDE, data: square };
  const product = new ChannelInt8Layers().linear(int8, 'b', int8.input('a', 'float', [SIDE, SIDE]), {
    weight,
    bias: undefined,
  });
  int8.output('y', product, 'float', [SIDE, SIDE]);
  return {
    floatOperations: (1000 * operations) / (await fastestMs(float, threads, { a: rows })),
    int8Operations: (1000 * operations) / (await fastestMs(int8, threads, { a: rows })),
    cachedBytes: await rowBytes(CACHED_COLUMNS, threads),
    memoryBytes: await rowBytes(MEMORY_COLUMNS, threads),
  };
}

/** As the decoder reads keys and values: the matrix is an input, and is not rearranged beforehand. */
async function rowBytes(columns: number, threads: number): Promise<number> {
  // By as many slices as there are heads to share: one row is one thread's.
  const slices = 8;
  const graph = new GraphBuilder('row');
  const row = graph.input('row', 'float', [slices, 1, ROW_WIDTH / slices]);
  const matrix = graph.input('matrix', 'float', [slices, ROW_WIDTH / slices, columns]);
  graph.output('y', graph.node('MatMul', [row, matrix]), 'float', [slices, 1, columns]);
  const feeds = {
    row: new Tensor('float32', random(ROW_WIDTH), [slices, 1, ROW_WIDTH / slices]),
    matrix: new Tensor('float32', random(ROW_WIDTH * columns), [slices, ROW_WIDTH / slices, columns]),
  };
  return (1000 * 4 * ROW_WIDTH * columns) / (await fastestMs(graph, threads, feeds));
}

async function fastestMs(graph: GraphBuilder, threads: number, feeds: Record<string, Tensor>): Promise<number> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'peak-'));
  try {
    const file = path.join(folder, 'graph.onnx');
    writeFileSync(file, graph.build(VERSION));
    const session = await loadSession('a product', file, { threads, arena: true });
    let fastest = Infinity;
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const started = performance.now();
      await session.run(feeds);
      fastest = Math.min(fastest, performance.now() - started);
    }
    await session.release();
    return fastest;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function random(length: number): Float32Array {
  return Float32Array.from({ length }, () => Math.random() - 0.5);
}
