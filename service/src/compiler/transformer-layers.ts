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
