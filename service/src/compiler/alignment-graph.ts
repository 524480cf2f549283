import type { HeardWindow } from './heard-window';
import { GraphBuilder } from './onnx/graph-builder';
import type { WhisperWeights } from './whisper-weights';

/**
 * What the heads of one layer attend to: the decoder's fused products do not put it out, and it is wanted for the times of
 * words alone. It has no weights.
 *
 * Inputs: `query` ([1, tokens, width]), and the keys of a layer (heard-window.ts). Output: `attention` ([heads, tokens,
 * positions]), which sums up to 1 over the positions.
 */
export function alignmentGraph({ shape, decoder }: WhisperWeights, window: HeardWindow): GraphBuilder {
  const graph = new GraphBuilder('whisper-alignment');
  const { heads, width } = shape;
  const scales = new Set(decoder.layers.map(({ cross }) => cross.scale));
  if (scales.size > 1) throw new Error(`layers scale their cross-attention differently: ${[...scales].join(', ')}`);
  const query = graph.input('query', 'float', [1, 'tokens', width]);
  const key = window.keysOfLayer(graph, shape);
  const scaled = graph.node('Mul', [query, graph.floats(...scales)]);
  const split = graph.node('Reshape', [scaled, graph.integers(0, 0, heads, width / heads)]);
  const rows = graph.node('Transpose', [split], { perm: [0, 2, 1, 3] });
  const attention = graph.node('Softmax', [graph.node('MatMul', [rows, key])], { axis: -1 });
  const output = graph.node('Squeeze', [attention, graph.integers(0)]);
  graph.output('attention', output, 'float', [heads, 'tokens', 'positions']);
  return graph;
}
