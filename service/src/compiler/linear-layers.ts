import type { GraphBuilder, Value } from './onnx/graph-builder';
import { BLOCK_ZERO, blockInt8, channelInt8 } from './quantization';
import type { Linear, Matrix } from './whisper-weights';

/** Writes linear layers into a graph in one precision. */
export interface LinearLayers {
  /** @param name of the layer; its constants are named after it. */
  linear(graph: GraphBuilder, name: string, input: Value, layer: Linear): Value;

  /** A table whose rows are looked up, and that is multiplied with as well: it is in the model once. */
  table(graph: GraphBuilder, name: string, table: Matrix): LinearTable;
}

export interface LinearTable {
  /** The rows of these numbers: [...indices, columns]. */
  lookUp(indices: Value): Value;
  /** Products with all rows: [...input, rows]. */
  multiply(input: Value): Value;
}

/** Single precision. */
export class FloatLayers implements LinearLayers {
  linear(graph: GraphBuilder, name: string, input: Value, { weight, bias }: Linear): Value {
    const matrix = graph.constant(`${name}.weight`, transposed(weight), [weight.inputs, weight.outputs]);
    const product = graph.node('MatMul', [input, matrix]);
    return bias ? graph.node('Add', [product, graph.constant(`${name}.bias`, bias)]) : product;
  }

  table(graph: GraphBuilder, name: string, table: Matrix): LinearTable {
    const matrix = graph.constant(`${name}.weight`, transposed(table), [table.inputs, table.outputs]);
    return {
      lookUp: (indices) => columns(graph, matrix, indices),
      multiply: (input) => graph.node('MatMul', [input, matrix]),
    };
  }
}

/**
 * Weights in 8 bits with a scale for each output; what they are multiplied with is quantized to 8 bits as it comes, by its
 * own range. Fast for many rows at once.
 */
export class ChannelInt8Layers implements LinearLayers {
  private readonly quantized = new Map<Value, readonly Value[]>();

  /** @param largest see `channelInt8` */
  constructor(private readonly largest?: number) {}

  linear(graph: GraphBuilder, name: string, input: Value, { weight, bias }: Linear): Value {
    const constants = this.constants(graph, name, weight);
    return this.multiply(graph, input, constants, bias && graph.constant(`${name}.bias`, bias));
  }

  table(graph: GraphBuilder, name: string, table: Matrix): LinearTable {
    const constants = this.constants(graph, name, table);
    const { matrix, scales } = constants;
    return {
      lookUp: (indices) => {
        const scale = graph.node('Unsqueeze', [graph.node('Gather', [scales, indices]), graph.integers(-1)]);
        const values = graph.node('Cast', [columns(graph, matrix, indices)], { to: FLOAT });
        return graph.node('Mul', [values, scale]);
      },
      multiply: (input) => this.multiply(graph, input, constants),
    };
  }

  private constants(graph: GraphBuilder, name: string, weight: Matrix): { matrix: Value; scales: Value } {
    const { data, scales } = channelInt8(weight, this.largest);
    return {
      matrix: graph.constant(`${name}.weight`, data, [weight.inputs, weight.outputs]),
      scales: graph.constant(`${name}.scale`, scales),
    };
  }

  private multiply(
    graph: GraphBuilder,
    input: Value,
    { matrix, scales }: { matrix: Value; scales: Value },
    bias = '',
  ): Value {
    // Once for all layers that read the same.
    let quantized = this.quantized.get(input);
    if (quantized === undefined) {
      quantized = graph.nodeOf(3, 'DynamicQuantizeLinear', [input]);
      this.quantized.set(input, quantized);
    }
    const [values, scale, zeroPoint] = quantized;
    const inputs = [values!, matrix, scale!, scales, zeroPoint!, '', bias];
    return graph.node('MatMulIntegerToFloat', inputs, {}, 'com.microsoft');
  }
}

/** What MatMulNBits computes with inside: 4 is 8-bit integers. */
const ACCURACY_LEVEL_INT8 = 4;
/** ONNX's number of the type. */
const FLOAT = 1;

/** Weights in 8 bits with a scale for each block of inputs. Fast for a single row. */
export class BlockInt8Layers implements LinearLayers {
  linear(graph: GraphBuilder, name: string, input: Value, { weight, bias }: Linear): Value {
    const [matrix, scales, blockSize] = blockConstants(graph, name, weight);
    const inputs = [input, matrix, scales, ...(bias ? ['', '', graph.constant(`${name}.bias`, bias)] : [])];
    return multiplyBlocks(graph, inputs, weight, blockSize);
  }

  table(graph: GraphBuilder, name: string, table: Matrix): LinearTable {
    const [matrix, scales, blockSize] = blockConstants(graph, name, table);
    const blocks = table.inputs / blockSize;
    return {
      lookUp: (indices) => {
        // [..., blocks, blockSize] × [..., blocks, 1]
        const rows = graph.node('Cast', [graph.node('Gather', [matrix, indices])], { to: FLOAT });
        const centred = graph.node('Sub', [rows, graph.floats(BLOCK_ZERO)]);
        const shaped = graph.node('Reshape', [scales, graph.integers(table.outputs, blocks, 1)]);
        const scaled = graph.node('Mul', [centred, graph.node('Gather', [shaped, indices])]);
        return graph.node('Reshape', [scaled, graph.integers(0, 0, table.inputs)]);
      },
      multiply: (input) => multiplyBlocks(graph, [input, matrix, scales], table, blockSize),
    };
  }
}

function blockConstants(graph: GraphBuilder, name: string, weight: Matrix): [Value, Value, number] {
  const { data, scales, blocks, blockSize } = blockInt8(weight);
  return [
    graph.constant(`${name}.weight`, data, [weight.outputs, blocks, blockSize]),
    graph.constant(`${name}.scale`, scales),
    blockSize,
  ];
}

function multiplyBlocks(graph: GraphBuilder, inputs: readonly Value[], weight: Matrix, blockSize: number): Value {
  const attributes = {
    K: weight.inputs,
    N: weight.outputs,
    bits: 8,
    block_size: blockSize,
    accuracy_level: ACCURACY_LEVEL_INT8,
  };
  return graph.node('MatMulNBits', inputs, attributes, 'com.microsoft');
}

/** Columns of a matrix as rows. */
function columns(graph: GraphBuilder, matrix: Value, indices: Value): Value {
  return graph.node('Transpose', [graph.node('Gather', [matrix, indices], { axis: 1 })], { perm: [1, 2, 0] });
}

/** Several layers that read the same, as one; one without a bias has zeros. */
export function joined(layers: readonly Linear[]): Linear {
  const { inputs } = layers[0]!.weight;
  const outputs = layers.reduce((sum, { weight }) => sum + weight.outputs, 0);
  const data = new Float32Array(outputs * inputs);
  const bias = new Float32Array(outputs);
  let at = 0;
  for (const layer of layers) {
    data.set(layer.weight.data, at * inputs);
    if (layer.bias) bias.set(layer.bias, at);
    at += layer.weight.outputs;
  }
  return { weight: { outputs, inputs, data }, bias };
}

function transposed({ outputs, inputs, data }: Matrix): Float32Array {
  const result = new Float32Array(data.length);
  for (let o = 0; o < outputs; o++) for (let i = 0; i < inputs; i++) result[i * outputs + o] = data[o * inputs + i]!;
  return result;
}
