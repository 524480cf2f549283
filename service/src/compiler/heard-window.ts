import { FEW_TOKENS } from '../engine/few-tokens';
import type { ModelShape } from '../engine/model-shape';
import type { GraphBuilder, Value } from './onnx/graph-builder';
import { attentionOver } from './transformer-layers';

/** Keys, or values, of one window for each of the decoder's layers: [1, positions, layers × width]. */
export interface Projections {
  readonly keys: Value;
  readonly values: Value;
}

/** What a layer of the decoder asks the window. */
export interface WindowQuery {
  readonly layer: number;
  /** [texts, new, width] */
  readonly query: Value;
  readonly scale: number;
}

/** How what the decoder attends to of a window lies between the graphs: the encoder puts it out, the others read it. */
export interface HeardWindow {
  putOut(graph: GraphBuilder, shape: ModelShape, projections: Projections): void;

  /**
   * Declares what all layers read.
   *
   * @param tokens [texts, new]
   * @returns what a layer hears: [texts, new, width]
   */
  reader(graph: GraphBuilder, shape: ModelShape, tokens: Value): (query: WindowQuery) => Value;

  /** Declares the keys of one layer. @returns [1, heads, width of a head, positions] */
  keysOfLayer(graph: GraphBuilder, shape: ModelShape): Value;
}

/**
 * Single precision. Between the graphs are `cross_keys` ([decoder's layers, heads, width of a head, positions]) and
 * `cross_values` ([decoder's layers, heads, positions, width of a head]): of all layers at once, since two large tensors are
 * mapped and copied in half the time that many take. The decoder has `cross_key.N` and `cross_value.N`, a layer of them.
 */
export class FloatWindow implements HeardWindow {
  putOut(graph: GraphBuilder, shape: ModelShape, { keys, values }: Projections): void {
    const { decoderLayers: layers, heads, width } = shape;
    // Keys lie as the product with a single query reads them: row by row, which takes half the time.
    const key = byLayer(graph, shape, keys, [1, 2, 3, 0]);
    graph.output('cross_keys', key, 'float', [layers, heads, width / heads, 'positions']);
    const value = byLayer(graph, shape, values, [1, 2, 0, 3]);
    graph.output('cross_values', value, 'float', [layers, heads, 'positions', width / heads]);
  }

  reader(graph: GraphBuilder, { heads, width }: ModelShape): (query: WindowQuery) => Value {
    return ({ layer, query, scale }) => {
      const key = graph.input(`cross_key.${layer}`, 'float', ['texts', heads, width / heads, 'positions']);
      const value = graph.input(`cross_value.${layer}`, 'float', ['texts', heads, 'positions', width / heads]);
      return attentionOver(graph, heads, { query, key, value }, scale);
    };
  }

  keysOfLayer(graph: GraphBuilder, { heads, width }: ModelShape): Value {
    return graph.input('key', 'float', [1, heads, width / heads, 'positions']);
  }
}

/** Of 8 bits with a sign, as far from zero on both sides. */
const LARGEST = 127;
/** The least scale, for channels that are zero: a division by it is no infinity. */
const LEAST_SCALE = 1e-12;
/** ONNX's number of the type. */
const FLOAT = 1;

/**
 * 8 bits, with a scale for each channel of a head, by the largest value that the window has there. A step of the decoder
 * reads all of it, and in single precision it is larger than the caches that it shares with the weights; products are of
 * single precision all the same: what is read is widened on its way.
 *
 * Between the graphs are `cross_keys` and `cross_values` (int8 [decoder's layers, heads, rows, width of a head]) and
 * `cross_key_scales` and `cross_value_scales` ([decoder's layers, heads, 1, width of a head]). A row is a position; behind
 * them are {@link FEW_TOKENS} - 1 empty ones. For few tokens the decoder's attention is GroupQueryAttention, made for
 * texts that attend to themselves: of several new tokens the first is not let see the last rows. So each of them but one has
 * an empty row, and `window_mask` keeps all tokens from looking at those.
 *
 * The decoder has a layer's part as `cross_key.N`, `cross_value.N`, `cross_key_scale.N` and `cross_value_scale.N`;
 * `positions` (int64 [1]); and, of the rows that few tokens look at, `last_row` (int32 [texts]), `rows` (int32), which is how
 * many there are, and `window_mask` (float [1, 1, new, rows]). The scales are those of one window: so are all texts of a step.
 */
export class Int8Window implements HeardWindow {
  putOut(graph: GraphBuilder, shape: ModelShape, { keys, values }: Projections): void {
    const { decoderLayers: layers, heads, width } = shape;
    const halves = [
      ['cross_keys', 'cross_key_scales', keys],
      ['cross_values', 'cross_value_scales', values],
    ] as const;
    for (const [name, scaleName, half] of halves) {
      const { quantized, scales } = quantizeChannels(graph, half);
      const rows = byLayer(graph, shape, quantized, [1, 2, 0, 3]);
      const empty = graph.integers(0, 0, 0, 0, 0, 0, FEW_TOKENS - 1, 0);
      graph.output(name, graph.node('Pad', [rows, empty]), 'int8', [layers, heads, 'rows', width / heads]);
      const shaped = graph.node('Reshape', [scales, graph.integers(layers, heads, 1, width / heads)]);
      graph.output(scaleName, shaped, 'float', [layers, heads, 1, width / heads]);
    }
  }

  reader(graph: GraphBuilder, shape: ModelShape, tokens: Value): (query: WindowQuery) => Value {
    const { heads, width } = shape;
    const rows: LookedAtRows = {
      last: graph.input('last_row', 'int32', ['texts']),
      count: graph.input('rows', 'int32', []),
      mask: graph.input('window_mask', 'float', [1, 1, 'masked', 'looked_at']),
    };
    const positions = graph.input('positions', 'int64', [1]);
    const added = graph.node('Slice', [graph.node('Shape', [tokens]), ...[1, 2, 0].map((at) => graph.integers(at))]);
    const areFew = graph.node('LessOrEqual', [added, graph.integers(FEW_TOKENS)]);
    const half = (name: string, layer: number): WindowHalf => ({
      rows: graph.input(`${name}.${layer}`, 'int8', ['texts', heads, 'all_rows', width / heads]),
      scale: graph.input(`${name}_scale.${layer}`, 'float', [heads, 1, width / heads]),
    });
    return (query) => {
      const [key, value] = [half('cross_key', query.layer), half('cross_value', query.layer)];
      return graph.either(
        areFew,
        'float',
        ['texts', 'new', width],
        () => attendAsTheyAre(graph, heads, query, { key, value }, rows),
        () => attendWidened(graph, shape, query, { key, value }, positions),
      );
    };
  }

  keysOfLayer(graph: GraphBuilder, { heads, width }: ModelShape): Value {
    const rows = graph.input('key', 'int8', [1, heads, 'rows', width / heads]);
    const scale = graph.input('key_scale', 'float', [heads, 1, width / heads]);
    const positions = graph.input('positions', 'int64', [1]);
    const keys = graph.node('Mul', [wide(graph, rows, positions), scale]);
    return graph.node('Transpose', [keys], { perm: [0, 1, 3, 2] });
  }
}

/** The keys, or the values, of a layer. */
interface WindowHalf {
  readonly rows: Value;
  readonly scale: Value;
}

interface WindowHalves {
  readonly key: WindowHalf;
  readonly value: WindowHalf;
}

/** What few tokens look at. */
interface LookedAtRows {
  readonly last: Value;
  readonly count: Value;
  readonly mask: Value;
}

function attendAsTheyAre(
  graph: GraphBuilder,
  heads: number,
  { query, scale }: WindowQuery,
  { key, value }: WindowHalves,
  { last, count, mask }: LookedAtRows,
): Value {
  // Nothing is added to the rows: [texts, 0, width].
  const none = graph.node('Slice', [query, graph.integers(0), graph.integers(0), graph.integers(1)]);
  const rotary = ['', '', ''];
  // The other two outputs are the rows with those that are added. Nobody reads them, but the node wants them.
  const [heard] = graph.nodeOf(
    3,
    'GroupQueryAttention',
    [query, none, none, key.rows, value.rows, last, count, ...rotary, mask, '', key.scale, value.scale],
    {
      num_heads: heads,
      kv_num_heads: heads,
      k_quant_type: 'PER_CHANNEL',
      v_quant_type: 'PER_CHANNEL',
      kv_cache_bit_width: 8,
      scale: { float: scale },
    },
    'com.microsoft',
  );
  return heard!;
}

/** The scales of keys go to the query, those of values to what is heard: both are smaller. */
function attendWidened(
  graph: GraphBuilder,
  { heads, width }: ModelShape,
  { query, scale }: WindowQuery,
  { key, value }: WindowHalves,
  positions: Value,
): Value {
  const ofChannels = (scales: Value): Value => graph.node('Reshape', [scales, graph.integers(width)]);
  const keys = graph.node('Transpose', [wide(graph, key.rows, positions)], { perm: [0, 1, 3, 2] });
  const heard = attentionOver(
    graph,
    heads,
    {
      query: graph.node('Mul', [query, ofChannels(key.scale)]),
      key: keys,
      value: wide(graph, value.rows, positions),
    },
    scale,
  );
  return graph.node('Mul', [heard, ofChannels(value.scale)]);
}

/** The rows of positions, as floats that are still to be scaled. */
function wide(graph: GraphBuilder, rows: Value, positions: Value): Value {
  const used = graph.node('Slice', [rows, graph.integers(0), positions, graph.integers(2)]);
  return graph.node('Cast', [used], { to: FLOAT });
}

/** [positions, layers, heads, width of a head], its axes in another order. */
function byLayer(graph: GraphBuilder, shape: ModelShape, projected: Value, perm: readonly number[]): Value {
  const { decoderLayers, heads, width } = shape;
  const split = graph.node('Reshape', [projected, graph.integers(-1, decoderLayers, heads, width / heads)]);
  return graph.node('Transpose', [split], { perm });
}

/** @param input [1, positions, channels] */
function quantizeChannels(graph: GraphBuilder, input: Value): { readonly quantized: Value; readonly scales: Value } {
  const [highest, lowest] = ['ReduceMax', 'ReduceMin'].map((operator) =>
    graph.node(operator, [input], { axes: [0, 1], keepdims: 0 }),
  );
  const largest = graph.node('Max', [highest!, graph.node('Neg', [lowest!]), graph.floats(LEAST_SCALE)]);
  const scales = graph.node('Mul', [largest, graph.floats(1 / LARGEST)]);
  // Divided here and not by QuantizeLinear, which goes value by value where each channel has a scale of its own.
  const steps = graph.node('Mul', [input, graph.node('Reciprocal', [scales])]);
  const zero = graph.constant(`${input}.zero`, Int8Array.of(0), []);
  return {
    quantized: graph.node('QuantizeLinear', [steps, graph.constant(`${input}.one`, Float32Array.of(1), []), zero]),
    scales,
  };
}
