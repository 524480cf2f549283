import { HOP_SAMPLES } from '../engine/log-mel';
import { GraphBuilder, type Value } from './onnx/graph-builder';
import type { HeardWindow } from './heard-window';
import { FloatLayers, joined, type LinearLayers } from './linear-layers';
import { logMelLayers } from './log-mel-layers';
import { addAndNorm, attention, gelu, layerNorm, mlp } from './transformer-layers';
import type { ConvolutionWeights, Linear, Norm, WhisperWeights } from './whisper-weights';

/** Frames of the spectrogram to a position of the encoder. */
const FRAMES_PER_POSITION = 2;
/**
 * Frames of silence behind what is heard that are convolved; what the rest would come to is repeated. A position is made of
 * three in a row, and each of those of three frames: it sees five. With six silent frames the last position but one sees
 * the first five of them, and so stands for all that are left out; the last sees the end of the window.
 */
const SILENT_FRAMES = 6;

/**
 * From samples to what the decoder attends to, in one graph: spectrogram, convolutions, encoder, and the keys and values
 * of each of the decoder's layers, which would otherwise be computed in its first step.
 *
 * Inputs: those of `logMelLayers`, and `positions` (int64 [1], at most 1500): how much of the window is encoded. Outputs: the
 * window's (heard-window.ts).
 */
export function encoderGraph(
  { shape, encoder, decoder }: WhisperWeights,
  layers: LinearLayers,
  window: HeardWindow,
): GraphBuilder {
  const graph = new GraphBuilder('whisper-encoder');
  const { heads, width, melBins } = shape;
  const positions = graph.input('positions', 'int64', [1]);
  const audio = graph.input('audio', 'float', [1, 'rows', HOP_SAMPLES]);
  const distinct = distinctPositions(graph, audio, positions);
  const mel = logMelLayers(graph, melBins, {
    audio,
    inRecording: graph.input('in_recording', 'bool', [1]),
    loudest: graph.input('loudest', 'float', [1]),
    frames: graph.node('Mul', [distinct, graph.integers(FRAMES_PER_POSITION)]),
  });

  // Convolutions as products of three frames in a row: no layout has to be changed around them. They stay in single
  // precision: with the spectrogram they are a twentieth of the work, and what they lose all layers miss.
  const float = new FloatLayers();
  const [first, second] = encoder.convolutions;
  const early = gelu(graph, float.linear(graph, 'encoder.conv1', threeInARow(graph, mel), asLinear(first)));
  const embedded = gelu(
    graph,
    float.linear(graph, 'encoder.conv2', everySecond(graph, early, width), asLinear(second)),
  );
  const table = graph.constant('encoder.positions', encoder.positions, [1, shape.sourcePositions, width]);
  const used = graph.node('Slice', [table, graph.integers(0), positions, graph.integers(1)]);

  let sum = graph.node('Add', [repeatSilence(graph, embedded, distinct, positions), used]);
  let normed = layerNorm(graph, 'encoder.0.attention_norm', sum, encoder.layers[0]!.attentionNorm);
  encoder.layers.forEach((layer, i) => {
    const name = `encoder.${i}`;
    const { query, key, value, output, scale } = layer.attention;
    const input = (half: string, layer: Linear): Value =>
      layers.linear(graph, `${name}.attention.${half}`, normed, layer);
    const heard = attention(
      graph,
      { query: input('query', query), key: input('key', key), value: input('value', value) },
      heads,
      scale,
    );
    const attended = layers.linear(graph, `${name}.attention.output`, heard, output);
    const middle = addAndNorm(graph, `${name}.mlp_norm`, [sum, attended], layer.mlpNorm);
    const expanded = mlp(graph, layers, `${name}.mlp`, middle.normed, layer.mlp);
    const [nextName, nextNorm]: [string, Norm] =
      i + 1 < encoder.layers.length
        ? [`encoder.${i + 1}.attention_norm`, encoder.layers[i + 1]!.attentionNorm]
        : ['encoder.norm', encoder.norm];
    ({ sum, normed } = addAndNorm(graph, nextName, [middle.sum, expanded], nextNorm));
  });

  const ofLayers = (half: 'key' | 'value'): Value => {
    const all = joined(decoder.layers.map(({ cross }) => cross[half]));
    return layers.linear(graph, `decoder.cross.${half}`, normed, all);
  };
  window.putOut(graph, shape, { keys: ofLayers('key'), values: ofLayers('value') });
  return graph;
}

/**
 * int64 [1]: positions that differ before they are told their places, in a window whose rest is silence; all of them in a
 * window that is heard to its end.
 */
function distinctPositions(graph: GraphBuilder, audio: Value, positions: Value): Value {
  // The spectrogram has two frames fewer than `audio` has rows (log-mel-layers.ts). Rounded up to whole positions.
  const rows = graph.node('Slice', [
    graph.node('Shape', [audio]),
    graph.integers(1),
    graph.integers(2),
    graph.integers(0),
  ]);
  const frames = graph.node('Add', [rows, graph.integers(SILENT_FRAMES - 2 + FRAMES_PER_POSITION - 1)]);
  return graph.node('Min', [graph.node('Div', [frames, graph.integers(FRAMES_PER_POSITION)]), positions]);
}

/** [1, positions, width] of [1, distinct, width]: the last but one as often as it takes. */
function repeatSilence(graph: GraphBuilder, distinctRows: Value, distinct: Value, positions: Value): Value {
  const scalar = (value: Value): Value => graph.node('Squeeze', [value, graph.integers(0)]);
  const one = graph.integers(1);
  const places = graph.node('Range', [
    scalar(graph.integers(0)),
    scalar(graph.node('Sub', [positions, one])),
    scalar(one),
  ]);
  const last = graph.node('Sub', [distinct, one]);
  const rows = graph.node('Concat', [graph.node('Min', [places, graph.node('Sub', [last, one])]), last], { axis: 0 });
  return graph.node('Gather', [distinctRows, rows], { axis: 1 });
}

/** [1, frames, 3 × channels]: each frame between its neighbours, with nothing before the first and behind the last. */
function threeInARow(graph: GraphBuilder, frames: Value): Value {
  const padded = graph.node('Pad', [frames, graph.integers(0, 1, 0, 0, 1, 0)]);
  const from = (start: number, end: number): Value =>
    graph.node('Slice', [padded, graph.integers(start), graph.integers(end), graph.integers(1)]);
  return graph.node('Concat', [from(0, -2), from(1, -1), from(2, Number.MAX_SAFE_INTEGER)], { axis: 2 });
}

/** [1, frames / 2, 3 × channels]: the same around every second frame. */
function everySecond(graph: GraphBuilder, frames: Value, channels: number): Value {
  const pairs = graph.node('Reshape', [frames, graph.integers(1, -1, 2 * channels)]);
  const odd = graph.node('Slice', [pairs, graph.integers(channels), graph.integers(2 * channels), graph.integers(2)]);
  const before = graph.node('Slice', [
    graph.node('Pad', [odd, graph.integers(0, 1, 0, 0, 0, 0)]),
    graph.integers(0),
    graph.integers(-1),
    graph.integers(1),
  ]);
  return graph.node('Concat', [before, pairs], { axis: 2 });
}

/** [outputs, inputs, 3] as a layer over three frames in a row. */
function asLinear({ outputs, inputs, data, bias }: ConvolutionWeights): Linear {
  const weight = new Float32Array(data.length);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let k = 0; k < 3; k++) weight[(o * 3 + k) * inputs + i] = data[(o * inputs + i) * 3 + k]!;
    }
  }
  return { weight: { outputs, inputs: 3 * inputs, data: weight }, bias };
}
