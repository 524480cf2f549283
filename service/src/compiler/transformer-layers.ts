import type { GraphBuilder, Value } from './onnx/graph-builder';
import type { LinearLayers } from './linear-layers';
import type { MlpWeights, Norm } from './whisper-weights';

/** Of all of Whisper's layer norms (PyTorch's default). */
export const NORM_EPSILON = 1e-5;

export function layerNorm(graph: GraphBuilder, name: string, input: Value, { weight, bias }: Norm): Value {
  return graph.node(
    'LayerNormalization',
    [input, graph.constant(`${name}.weight`, weight), graph.constant(`${name}.bias`, bias)],
    { axis: -1, epsilon: { float: NORM_EPSILON } },
  );
}

/**
 * The sum of two values, and its norm. As two nodes: ONNX Runtime's SkipLayerNormalization takes three times as long for
 * many rows.
 */
export function addAndNorm(
  graph: GraphBuilder,
  name: string,
  values: readonly [Value, Value],
  norm: Norm,
): { readonly sum: Value; readonly normed: Value } {
  const sum = graph.node('Add', values);
  return { sum, normed: layerNorm(graph, name, sum, norm) };
}

/** Exact, by the error function, as Whisper was trained. */
export function gelu(graph: GraphBuilder, input: Value): Value {
  return graph.node('Gelu', [input], {}, 'com.microsoft');
}

export function mlp(graph: GraphBuilder, layers: LinearLayers, name: string, input: Value, weights: MlpWeights): Value {
  const expanded = gelu(graph, layers.linear(graph, `${name}.expand`, input, weights.expand));
  return layers.linear(graph, `${name}.contract`, expanded, weights.contract);
}

/**
 * Attention of all heads at once, fused: the weights of all positions to all positions are never in memory as a whole.
 *
 * @param inputs [1, positions, width] each
 */
export function attention(
  graph: GraphBuilder,
  inputs: { readonly query: Value; readonly key: Value; readonly value: Value },
  heads: number,
  scale: number,
): Value {
  const { query, key, value } = inputs;
  const attributes = { num_heads: heads, scale: { float: scale } };
  return graph.node('MultiHeadAttention', [query, key, value], attributes, 'com.microsoft');
}

/**
 * Attention of a few queries, as plain products: for single rows they are as fast as memory, and the fused kernel is not.
 *
 * @param inputs query [texts, new, width], key [texts, heads, width of a head, all], value [texts, heads, all, width of a head]
 */
export function attentionOver(
  graph: GraphBuilder,
  heads: number,
  { query, key, value }: { readonly query: Value; readonly key: Value; readonly value: Value },
  scale: number,
  mask?: Value,
): Value {
  const scaled = scale === 1 ? query : graph.node('Mul', [query, graph.floats(scale)]);
  const split = graph.node('Reshape', [scaled, graph.integers(0, 0, heads, -1)]);
  const rows = graph.node('Transpose', [split], { perm: [0, 2, 1, 3] });
  const scores = graph.node('MatMul', [rows, key]);
  const masked = mask === undefined ? scores : graph.node('Add', [scores, mask]);
  const weighted = graph.node('MatMul', [graph.node('Softmax', [masked], { axis: -1 }), value]);
  const joinedHeads = graph.node('Transpose', [weighted], { perm: [0, 2, 1, 3] });
  return graph.node('Reshape', [joinedHeads, graph.integers(0, 0, -1)]);
}
