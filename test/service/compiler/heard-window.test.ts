import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FloatWindow, Int8Window, type HeardWindow } from '../../../service/src/compiler/heard-window';
import { GraphBuilder } from '../../../service/src/compiler/onnx/graph-builder';
import { FEW_TOKENS } from '../../../service/src/engine/few-tokens';
import type { ModelShape } from '../../../service/src/engine/model-shape';
import { floatsOf, runGraph, sent, type SentTensor } from '../../support/graph-runner';
import { SeededRandom } from '../../../service/bench/load/seeded-random';

type Tensors = Readonly<Record<string, SentTensor>>;

const SHAPE: ModelShape = {
  melBins: 80,
  width: 128,
  heads: 2,
  encoderLayers: 1,
  decoderLayers: 2,
  sourcePositions: 1500,
  targetPositions: 448,
  vocabulary: 10,
};
const { width, heads, decoderLayers: layers } = SHAPE;
const HEAD = width / heads;
const CHANNELS = layers * width;
const POSITIONS = 50;
const SCALE = 0.125;
const MASKED = -1e9;
/** Of 8 bits: half a step of 254, of values up to 1 a channel's largest; sums of many are closer. */
const CLOSE = 1 / 254;

describe('what the decoder attends to of a window', () => {
  const random = new SeededRandom(1);
  /** In −1…1, each channel by its own measure, some of them by none. */
  const numbers = (rows: number, columns: number, measure: (column: number) => number): Float32Array =>
    Float32Array.from({ length: rows * columns }, (_, i) => (2 * random.next() - 1) * measure(i % columns));
  const measureOf = (channel: number): number => (channel % 7 === 3 ? 0 : 0.2 + 3 * ((channel % 5) / 5));
  const keys = numbers(POSITIONS, CHANNELS, measureOf);
  const values = numbers(POSITIONS, CHANNELS, measureOf);

  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'heard-window-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function run(name: string, build: (graph: GraphBuilder) => void, feeds: Tensors): Tensors {
    const file = path.join(folder, `${name}.onnx`);
    const graph = new GraphBuilder(name);
    build(graph);
    writeFileSync(file, graph.build('0'));
    return runGraph(file, [feeds])[0]!;
  }

  function putOut(window: HeardWindow): Tensors {
    const projections = {
      keys: sent('float32', [1, POSITIONS, CHANNELS], keys),
      values: sent('float32', [1, POSITIONS, CHANNELS], values),
    };
    return run(
      'put-out',
      (graph) => {
        const half = (name: string): string => graph.input(name, 'float', [1, 'positions', CHANNELS]);
        window.putOut(graph, SHAPE, { keys: half('keys'), values: half('values') });
      },
      projections,
    );
  }

  /** A layer's part, as 8 bits or floats; scales without the axis of texts. */
  function ofLayer({ type, dims, data }: SentTensor, layer: number): SentTensor {
    const bytes = Buffer.from(data, 'base64');
    const size = bytes.length / layers;
    const isScale = dims[2] === 1;
    return {
      type,
      dims: isScale ? dims.slice(1) : [1, ...dims.slice(1)],
      data: bytes.subarray(layer * size, (layer + 1) * size).toString('base64'),
    };
  }

  function attend(window: HeardWindow, layer: number, query: Float32Array, feeds: Tensors): Float32Array {
    const tokens = query.length / width;
    const { heard } = run(
      'attend',
      (graph) => {
        const input = graph.input('query', 'float', [1, 'new', width]);
        const heardBy = window.reader(graph, SHAPE, input);
        graph.output('heard', heardBy({ layer, query: input, scale: SCALE }), 'float', [1, 'new', width]);
      },
      { query: sent('float32', [1, tokens, width], query), ...feeds },
    );
    return floatsOf(heard!);
  }

  /** As the engine feeds it: an empty row for each new token but one, which no token looks at. */
  function lookedAt(tokens: number): Tensors {
    const rows = POSITIONS + (tokens > FEW_TOKENS ? 0 : tokens - 1);
    const mask = Float32Array.from({ length: tokens * rows }, (_, i) => (i % rows < POSITIONS ? 0 : MASKED));
    return {
      last_row: sent('int32', [1], Int32Array.of(rows - 1)),
      rows: sent('int32', [], Int32Array.of(rows)),
      window_mask: sent('float32', [1, 1, tokens, rows], mask),
      positions: sent('int64', [1], BigInt64Array.of(BigInt(POSITIONS))),
    };
  }

  it('has a row for each position in 8 bits, and an empty one for each of few new tokens but one', () => {
    const { cross_keys: rows, cross_key_scales: scales } = putOut(new Int8Window());
    expect([rows!.type, rows!.dims]).toEqual(['int8', [layers, heads, POSITIONS + FEW_TOKENS - 1, HEAD]]);
    expect(scales!.dims).toEqual([layers, heads, 1, HEAD]);
    const bytes = new Int8Array(new Uint8Array(Buffer.from(rows!.data, 'base64')).buffer);
    const allRows = POSITIONS + FEW_TOKENS - 1;
    const steps = floatsOf(scales!);
    for (let channel = 0; channel < CHANNELS; channel++) {
      const [head, column] = [Math.floor(channel / HEAD), channel % HEAD];
      for (let row = 0; row < allRows; row++) {
        const read = bytes[(head * allRows + row) * HEAD + column]! * steps[channel]!;
        const written = row < POSITIONS ? keys[row * CHANNELS + channel]! : 0;
        expect(Math.abs(read - written)).toBeLessThanOrEqual(steps[channel]! * 0.501);
      }
    }
  });

  it.each([1, 2, FEW_TOKENS, FEW_TOKENS + 1, 60])(
    'is attended to by %i new tokens in 8 bits as in single precision',
    (tokens) => {
      const query = numbers(tokens, width, () => 1);
      const [float, int8] = [putOut(new FloatWindow()), putOut(new Int8Window())];
      for (let layer = 0; layer < layers; layer++) {
        const exact = attend(new FloatWindow(), layer, query, {
          [`cross_key.${layer}`]: ofLayer(float.cross_keys!, layer),
          [`cross_value.${layer}`]: ofLayer(float.cross_values!, layer),
        });
        const close = attend(new Int8Window(), layer, query, {
          ...lookedAt(tokens),
          [`cross_key.${layer}`]: ofLayer(int8.cross_keys!, layer),
          [`cross_value.${layer}`]: ofLayer(int8.cross_values!, layer),
          [`cross_key_scale.${layer}`]: ofLayer(int8.cross_key_scales!, layer),
          [`cross_value_scale.${layer}`]: ofLayer(int8.cross_value_scales!, layer),
        });
        expect(close).toHaveLength(exact.length);
        exact.forEach((value, i) => {
          expect(Math.abs(value - close[i]!)).toBeLessThan(CLOSE * 2.6);
        });
        expect(Math.max(...exact.map(Math.abs))).toBeGreaterThan(0.1);
      }
    },
  );

  it('has the keys of a layer for the alignment, without the empty rows', () => {
    const keysOf = (window: HeardWindow, feeds: Tensors): Float32Array => {
      const { keys: found } = run(
        'keys',
        (graph) => {
          graph.output('keys', window.keysOfLayer(graph, SHAPE), 'float', [1, heads, HEAD, 'positions']);
        },
        feeds,
      );
      expect(found!.dims).toEqual([1, heads, HEAD, POSITIONS]);
      return floatsOf(found!);
    };
    const [float, int8] = [putOut(new FloatWindow()), putOut(new Int8Window())];
    const exact = keysOf(new FloatWindow(), { key: ofLayer(float.cross_keys!, 1) });
    const close = keysOf(new Int8Window(), {
      key: ofLayer(int8.cross_keys!, 1),
      key_scale: ofLayer(int8.cross_key_scales!, 1),
      positions: sent('int64', [1], BigInt64Array.of(BigInt(POSITIONS))),
    });
    exact.forEach((value, i) => {
      expect(Math.abs(value - close[i]!)).toBeLessThan(CLOSE * 2.6);
    });
  });
});
