import { COLUMN_SAMPLES, COLUMNS } from '../engine/speech-detector-columns';
import { GraphBuilder, type Value } from './onnx/graph-builder';
import { OnnxGraph, type Tensor } from './onnx/onnx-graph';

/** Of this way to write it; it stands in the file as its producer's version. */
export const DETECTOR_GRAPH_VERSION = '1';

const BINS = COLUMN_SAMPLES / 2 + 1;
/** Width of the network's memory. */
const STATE_WIDTH = 128;

/**
 * The network of Silero VAD 6 as matrix products: its convolutions see four columns of a frame at most, and ONNX Runtime's
 * kernels for them take many times as long as one product for all frames. The numbers are the same but for the order in
 * which products are summed up.
 *
 * Inputs: `columns` ([frames, 4, 256]), the samples of each column, which the original takes out of the frame by itself;
 * `h` and `c` ([1, 1, 128]). Outputs: `probabilities` ([frames]), `hn` and `cn`.
 *
 * @param source bytes of `silero_vad_16k_sequence.onnx`
 * @throws Error where it has other weights
 */
export function speechDetectorGraph(source: Uint8Array): GraphBuilder {
  const original = new OnnxGraph(source);
  const weights = (name: string, ...dims: readonly number[]): Tensor => {
    const tensor = original.constant(name);
    if (tensor.dims.join() !== dims.join()) {
      throw new Error(`${name} is ${tensor.dims.join(' × ')}, expected ${dims.join(' × ')}`);
    }
    return tensor;
  };
  const graph = new GraphBuilder('silero-vad');
  const columns = graph.input('columns', 'float', ['frames', COLUMNS, COLUMN_SAMPLES]);
  const h = graph.input('h', 'float', [1, 1, STATE_WIDTH]);
  const c = graph.input('c', 'float', [1, 1, STATE_WIDTH]);

  const basis = weights('stft.forward_basis_buffer', 2 * BINS, 1, COLUMN_SAMPLES);
  const basisColumns = graph.constant('basis', transposed(basis), [COLUMN_SAMPLES, 2 * BINS]);
  const spectrum = graph.node('MatMul', [columns, basisColumns]);
  const [real, imaginary] = graph.nodeOf(2, 'Split', [spectrum, graph.integers(BINS, BINS)], { axis: 2 });
  const square = (value: Value): Value => graph.node('Mul', [value, value]);
  const magnitude = graph.node('Sqrt', [graph.node('Add', [square(real!), square(imaginary!)])]);

  let value = graph.node('Reshape', [magnitude, graph.integers(-1, COLUMNS * BINS)]);
  let length = COLUMNS;
  for (const [i, { inputs, outputs, stride }] of CONVOLUTIONS.entries()) {
    const weight = weights(`encoder.${i}.weight`, outputs, inputs, TAPS);
    const bias = weights(`encoder.${i}.bias`, outputs);
    const outputLength = Math.ceil(length / stride);
    const matrix = asMatrix(weight, length, outputLength, stride);
    const product = graph.node('Gemm', [
      value,
      graph.constant(`encoder.${i}.weight`, matrix, [length * inputs, outputLength * outputs]),
      graph.constant(`encoder.${i}.bias`, repeated(bias.data, outputLength)),
    ]);
    value = graph.node('Relu', [product]);
    length = outputLength;
  }

  const [lstm, ...others] = original.nodes.filter(({ operator }) => operator === 'LSTM');
  if (lstm === undefined || others.length > 0) throw new Error('it has not one LSTM');
  const ofLstm = (name: string, input: number, ...dims: readonly number[]): Value =>
    graph.constant(`lstm.${name}`, weights(lstm.inputs[input]!, ...dims).data, dims);
  const [lstmOutput, hn, cn] = graph.nodeOf(
    3,
    'LSTM',
    [
      graph.node('Unsqueeze', [value, graph.integers(1)]),
      ofLstm('input_weight', 1, 1, 4 * STATE_WIDTH, STATE_WIDTH),
      ofLstm('state_weight', 2, 1, 4 * STATE_WIDTH, STATE_WIDTH),
      ofLstm('bias', 3, 1, 8 * STATE_WIDTH),
      '',
      h,
      c,
    ],
    { hidden_size: STATE_WIDTH },
  );
  const heard = graph.node('Relu', [graph.node('Reshape', [lstmOutput!, graph.integers(-1, STATE_WIDTH)])]);
  const output = graph.node('Gemm', [
    heard,
    graph.constant('output.weight', weights('output.weight', 1, STATE_WIDTH, 1).data, [STATE_WIDTH, 1]),
    graph.constant('output.bias', weights('output.bias', 1).data),
  ]);
  const probabilities = graph.node('Reshape', [graph.node('Sigmoid', [output]), graph.integers(-1)]);
  graph.output('probabilities', probabilities, 'float', ['frames']);
  graph.output('hn', hn!, 'float', [1, 1, STATE_WIDTH]);
  graph.output('cn', cn!, 'float', [1, 1, STATE_WIDTH]);
  return graph;
}

const TAPS = 3;
/** Each with one column of zeros on both sides. */
const CONVOLUTIONS = [
  { inputs: BINS, outputs: 128, stride: 1 },
  { inputs: 128, outputs: 64, stride: 2 },
  { inputs: 64, outputs: 64, stride: 2 },
  { inputs: 64, outputs: 128, stride: 1 },
];

/** A convolution over a few columns as a matrix: from all inputs of all columns to all outputs of all columns. */
function asMatrix({ data, dims }: Tensor, length: number, outputLength: number, stride: number): Float32Array {
  const [outputs, inputs] = dims as [number, number];
  const columns = outputLength * outputs;
  const matrix = new Float32Array(length * inputs * columns);
  for (let to = 0; to < outputLength; to++) {
    for (let tap = 0; tap < TAPS; tap++) {
      const from = to * stride + tap - 1;
      if (from < 0 || from >= length) continue;
      for (let o = 0; o < outputs; o++) {
        for (let i = 0; i < inputs; i++) {
          matrix[(from * inputs + i) * columns + to * outputs + o] = data[(o * inputs + i) * TAPS + tap]!;
        }
      }
    }
  }
  return matrix;
}

function transposed({ data, dims }: Tensor): Float32Array {
  const rows = dims[0]!;
  const columns = data.length / rows;
  return Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
}

function repeated(values: Float32Array, times: number): Float32Array {
  return Float32Array.from({ length: times * values.length }, (_, i) => values[i % values.length]!);
}
