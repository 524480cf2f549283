import { GraphBuilder, type Value } from './onnx/graph-builder';
import { joined, type LinearLayers } from './linear-layers';
import type { HeardWindow } from './heard-window';
import { addAndNorm, attentionOver, layerNorm, mlp } from './transformer-layers';
import type { Norm, WhisperWeights } from './whisper-weights';

/**
 * One step of any number of texts by any number of tokens each; with a window in 8 bits, of texts of one window.
 *
 * Inputs: `tokens` and `token_positions` (int64 [texts, new]); `logits_of` (int64 [asked]): of which of the texts × new
 * tokens logits are wanted; `mask` (float [texts, 1, new, past + new]): 0 where a token attends to another, and a large
 * negative number where not; `past_key.N`, `past_value.N` ([texts, past, width]); and the window's (heard-window.ts).
 *
 * Outputs: `logits` ([asked, vocabulary]); `new_key.N`, `new_value.N` ([texts, new, width]), for the caller to append: a
 * graph that put out the whole cache would copy it with each token; `cross_query.N` ([texts, new, width]) of the layers
 * that tell when a word is said.
 *
 * @param queryLayers layers whose `cross_query` is put out
 */
export function decoderGraph(
  { shape, decoder }: WhisperWeights,
  layers: LinearLayers,
  window: HeardWindow,
  queryLayers: readonly number[],
): GraphBuilder {
  const graph = new GraphBuilder('whisper-decoder');
  const { heads, width, vocabulary } = shape;
  const tokens = graph.input('tokens', 'int64', ['texts', 'new']);
  const tokenPositions = graph.input('token_positions', 'int64', ['texts', 'new']);
  const logitsOf = graph.input('logits_of', 'int64', ['asked']);
  const bias = graph.input('mask', 'float', ['texts', 1, 'new', 'all']);
  const hear = window.reader(graph, shape, tokens);

  const embedding = layers.table(graph, 'decoder.embedding', decoder.embedding);
  const positionTable = graph.constant('decoder.positions', decoder.positions, [shape.targetPositions, width]);
  let sum = graph.node('Add', [embedding.lookUp(tokens), graph.node('Gather', [positionTable, tokenPositions])]);
  let normed = layerNorm(graph, 'decoder.0.attention_norm', sum, decoder.layers[0]!.attentionNorm);
  const headWidth = width / heads;
  const split = (value: Value, perm: readonly number[]): Value =>
    graph.node('Transpose', [graph.node('Reshape', [value, graph.integers(0, 0, heads, headWidth)])], { perm });
  decoder.layers.forEach((layer, i) => {
    const name = `decoder.${i}`;
    const { query, key, value, output, scale } = layer.attention;
    const [q, k, v] = graph.nodeOf(
      3,
      'Split',
      [
        layers.linear(graph, `${name}.attention.input`, normed, joined([query, key, value])),
        graph.integers(width, width, width),
      ],
      { axis: 2 },
    );
    const keys = withPast(graph, `key.${i}`, k!, width);
    const values = withPast(graph, `value.${i}`, v!, width);
    const own = attentionOver(
      graph,
      heads,
      { query: q!, key: split(keys, [0, 2, 3, 1]), value: split(values, [0, 2, 1, 3]) },
      scale,
      bias,
    );
    const ownOutput = layers.linear(graph, `${name}.attention.output`, own, output);
    const afterOwn = addAndNorm(graph, `${name}.cross_norm`, [sum, ownOutput], layer.crossNorm);

    const crossQuery = layers.linear(graph, `${name}.cross.query`, afterOwn.normed, layer.cross.query);
    if (queryLayers.includes(i)) graph.output(`cross_query.${i}`, crossQuery, 'float', ['texts', 'new', width]);
    const heard = hear({ layer: i, query: crossQuery, scale: layer.cross.scale });
    const crossOutput = layers.linear(graph, `${name}.cross.output`, heard, layer.cross.output);
    const afterCross = addAndNorm(graph, `${name}.mlp_norm`, [afterOwn.sum, crossOutput], layer.mlpNorm);

    const expanded = mlp(graph, layers, `${name}.mlp`, afterCross.normed, layer.mlp);
    const [nextName, nextNorm]: [string, Norm] =
      i + 1 < decoder.layers.length
        ? [`decoder.${i + 1}.attention_norm`, decoder.layers[i + 1]!.attentionNorm]
        : ['decoder.norm', decoder.norm];
    ({ sum, normed } = addAndNorm(graph, nextName, [afterCross.sum, expanded], nextNorm));
  });

  const rows = graph.node('Reshape', [normed, graph.integers(-1, width)]);
  const asked = graph.node('Gather', [rows, logitsOf]);
  graph.output('logits', embedding.multiply(asked), 'float', ['asked', vocabulary]);
  return graph;
}

/** Puts a layer's new keys or values out, and sets them behind those of before. */
function withPast(graph: GraphBuilder, name: string, added: Value, width: number): Value {
  const past = graph.input(`past_${name}`, 'float', ['texts', 'past', width]);
  graph.output(`new_${name}`, added, 'float', ['texts', 'new', width]);
  return graph.node('Concat', [past, added], { axis: 1 });
}
