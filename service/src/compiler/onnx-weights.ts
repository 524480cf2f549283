import type { ModelShape } from '../engine/model-shape';
import { OnnxGraph, type GraphNode } from './onnx/onnx-graph';
import type {
  AttentionWeights,
  ConvolutionWeights,
  DecoderLayerWeights,
  EncoderLayerWeights,
  Linear,
  Matrix,
  MlpWeights,
  Norm,
  WhisperWeights,
} from './whisper-weights';

/**
 * Finds the weights of a Whisper model in ONNX files of the published layout.
 *
 * By what the graph computes and not by names, which differ from exporter to exporter: the query is what the first
 * product before a softmax comes from, the value what is multiplied with its result, and so on.
 *
 * @param encoder bytes of `encoder_model.onnx`
 * @param decoder bytes of `decoder_model_merged.onnx`
 * @throws Error that says what was not found where
 */
export function onnxWeights(shape: ModelShape, encoder: Uint8Array, decoder: Uint8Array): WhisperWeights {
  return { shape, encoder: readEncoder(shape, encoder), decoder: readDecoder(shape, decoder) };
}

function readEncoder(shape: ModelShape, bytes: Uint8Array): WhisperWeights['encoder'] {
  const reader = new WeightReader(new OnnxGraph(bytes));
  const attentions = reader.attentions(shape.encoderLayers, shape);
  const mlps = reader.mlps(shape.encoderLayers, attentions);
  const [first, second, ...others] = reader.convolutions();
  if (!first || !second || others.length > 0) throw new Error('the encoder has not two convolutions');
  return {
    convolutions: [first, second],
    positions: reader.table('positions', shape.sourcePositions, shape.width),
    layers: attentions.map((attention, i): EncoderLayerWeights => ({ ...layer(attention), ...mlps[i]! })),
    norm: reader.normOf(reader.output('last_hidden_state')),
  };
}

function readDecoder(shape: ModelShape, bytes: Uint8Array): WhisperWeights['decoder'] {
  const reader = new WeightReader(new OnnxGraph(bytes));
  // In each layer the text attends to itself first, then to the audio.
  const attentions = reader.attentions(2 * shape.decoderLayers, shape);
  const mlps = reader.mlps(shape.decoderLayers, attentions);
  return {
    embedding: reader.matrix('token embedding', shape.vocabulary, shape.width),
    positions: reader.table('positions', shape.targetPositions, shape.width),
    layers: mlps.map((mlp, i): DecoderLayerWeights => {
      const cross = layer(attentions[2 * i + 1]!);
      return {
        ...layer(attentions[2 * i]!),
        crossNorm: cross.attentionNorm,
        cross: cross.attention,
        ...mlp,
      };
    }),
    norm: reader.normOf(reader.projected('logits')),
  };
}

function layer({ norm, weights }: FoundAttention): Pick<EncoderLayerWeights, 'attentionNorm' | 'attention'> {
  return { attentionNorm: norm, attention: weights };
}

/** A linear layer where it stands in a graph. */
interface FoundLinear {
  readonly linear: Linear;
  readonly product: GraphNode;
  readonly input: string;
}

interface FoundAttention {
  /** In front of the query. */
  readonly norm: Norm;
  readonly weights: AttentionWeights;
  readonly products: readonly GraphNode[];
}

/** What changes the shape of a value and not what it says. */
const RESHAPES: ReadonlySet<string> = new Set([
  'Reshape',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Cast',
  'Flatten',
  'Slice',
]);

/** Operators of files in 8 or 4 bits. */
const OF_QUANTIZED_FILES = /Integer|Quantize|NBits/;

/** Two roundings to single precision, and what the product of both adds. */
const SCALE_ROUNDING = 1e-6;

class WeightReader {
  constructor(private readonly graph: OnnxGraph) {
    const quantized = graph.nodes.find(({ operator }) => OF_QUANTIZED_FILES.test(operator));
    if (quantized) throw new Error(`they are quantized (${quantized.operator}): take the files in single precision`);
  }

  output(name: string): string {
    const value = this.graph.outputs.get(name);
    if (value === undefined) throw new Error(`it puts out no ${name}`);
    return value;
  }

  /** What the product that puts `name` out is taken of. */
  projected(name: string): string {
    let value = this.output(name);
    for (;;) {
      const node = this.producer(value, name);
      if (node.operator === 'MatMul') return node.inputs[0]!;
      if (!RESHAPES.has(node.operator)) throw new Error(`${name} comes from ${node.operator}, expected MatMul`);
      value = node.inputs[0]!;
    }
  }

  convolutions(): ConvolutionWeights[] {
    return this.graph.nodes
      .filter(({ operator }) => operator === 'Conv')
      .map(({ inputs: [, weight, bias] }) => {
        const { dims, data } = this.graph.constant(weight!);
        const [outputs, inputs, frames] = dims;
        if (frames !== 3) throw new Error(`${weight} is ${dims.join(' × ')}, expected a convolution over 3 frames`);
        return { outputs: outputs!, inputs: inputs!, data, bias: this.graph.constant(bias!).data };
      });
  }

  table(what: string, rows: number, columns: number): Float32Array {
    const [name] = this.graph.constantsOf(rows, columns);
    if (name === undefined) throw new Error(`no ${what}: no constant of ${rows} × ${columns}`);
    return this.graph.constant(name).data;
  }

  matrix(what: string, outputs: number, inputs: number): Matrix {
    return { outputs, inputs, data: this.table(what, outputs, inputs) };
  }

  /** All attentions, in order: one to each softmax. */
  attentions(expected: number, { width, heads }: ModelShape): FoundAttention[] {
    const softmaxes = this.graph.nodes.filter(({ operator }) => operator === 'Softmax');
    if (softmaxes.length !== expected) throw new Error(`${softmaxes.length} attentions, expected ${expected}`);
    const scale = 1 / Math.sqrt(width / heads);
    return softmaxes.map((softmax) => {
      const found = this.attention(softmax);
      // Some exports scale queries and keys by its square root each, whose product in single precision is not quite it.
      const isUsual = Math.abs(found.weights.scale / scale - 1) < SCALE_ROUNDING;
      return isUsual ? { ...found, weights: { ...found.weights, scale } } : found;
    });
  }

  /** The layers that are left when those of attentions are taken away: two to each of the model's layers. */
  mlps(
    expected: number,
    attentions: readonly FoundAttention[],
  ): { readonly mlpNorm: Norm; readonly mlp: MlpWeights }[] {
    const taken = new Set(attentions.flatMap(({ products }) => products));
    const left = this.graph.nodes.filter((node) => this.isLinear(node) && !taken.has(node));
    return Array.from({ length: expected }, (_, i) => {
      const [expand, contract] = [left[2 * i], left[2 * i + 1]];
      if (!expand || !contract) throw new Error(`layer ${i} has no two linear layers behind its attention`);
      const { linear, input } = this.linearAt(expand);
      return { mlpNorm: this.normOf(input), mlp: { expand: linear, contract: this.linearAt(contract).linear } };
    });
  }

  /** The norm that made a value: one node, or the last two of many. */
  normOf(value: string): Norm {
    const node = this.producer(value, 'a norm');
    if (node.operator === 'LayerNormalization') {
      return { weight: this.graph.constant(node.inputs[1]!).data, bias: this.graph.constant(node.inputs[2]!).data };
    }
    const [bias, product] = this.constantAndOther(node, 'Add');
    const [weight] = this.constantAndOther(this.producer(product, 'a norm'), 'Mul');
    return { weight: this.graph.constant(weight).data, bias: this.graph.constant(bias).data };
  }

  private attention(softmax: GraphNode): FoundAttention {
    const scores = this.scoresOf(softmax.inputs[0]!);
    const query = this.linearInto(scores.node.inputs[0]!);
    const key = this.linearInto(scores.node.inputs[1]!);
    const weighted = this.following(softmax.outputs[0]!, (node) => node.operator === 'MatMul');
    const value = this.linearInto(weighted.inputs[1]!);
    const output = this.linearAt(this.following(weighted.outputs[0]!, (node) => this.isLinear(node)));
    return {
      norm: this.normOf(query.found.input),
      weights: {
        query: query.found.linear,
        key: key.found.linear,
        value: value.found.linear,
        output: output.linear,
        scale: scores.scale * query.scale * key.scale,
      },
      products: [query.found, key.found, value.found, output].map(({ product }) => product),
    };
  }

  /** From the input of a softmax back over mask and scale to the product of queries and keys. */
  private scoresOf(value: string): { readonly node: GraphNode; readonly scale: number } {
    let scale = 1;
    for (let at = value; ;) {
      const node = this.producer(at, 'attention scores');
      if (node.operator === 'MatMul') return { node, scale };
      const scaled = this.scaledBy(node);
      if (scaled) {
        scale *= scaled.factor;
        at = scaled.value;
      } else if (node.operator === 'Add') {
        // What is added is a mask: it does not come from a product.
        at = node.inputs.find((input) => this.comesFromProduct(input)) ?? node.inputs[0]!;
      } else if (RESHAPES.has(node.operator)) at = node.inputs[0]!;
      else throw new Error(`attention scores come from ${node.operator}`);
    }
  }

  private comesFromProduct(value: string): boolean {
    for (let node = this.graph.producerOf(value); node; node = this.graph.producerOf(node.inputs[0]!)) {
      if (node.operator === 'MatMul') return true;
      if (!RESHAPES.has(node.operator) && !this.scaledBy(node)) return false;
    }
    return false;
  }

  /** From a query, key or value back to the linear layer that made it. */
  private linearInto(value: string): { readonly found: FoundLinear; readonly scale: number } {
    let scale = 1;
    for (let at = value; ;) {
      const node = this.producer(at, 'a linear layer');
      const linear = this.linearThatMakes(node);
      if (linear) return { found: linear, scale };
      const scaled = this.scaledBy(node);
      if (scaled) {
        scale *= scaled.factor;
        at = scaled.value;
      } else if (RESHAPES.has(node.operator)) at = node.inputs[0]!;
      // What was cached, and what is new.
      else if (node.operator === 'Concat') at = node.inputs.at(-1)!;
      else throw new Error(`a linear layer was expected before ${node.operator}`);
    }
  }

  /** The layer whose product or whose sum with its bias this node is. */
  private linearThatMakes(node: GraphNode): FoundLinear | undefined {
    if (this.isLinear(node)) return this.linearAt(node);
    if (node.operator !== 'Add') return undefined;
    const product = node.inputs
      .map((input) => this.graph.producerOf(input))
      .find((each) => each && this.isLinear(each));
    return product && this.linearAt(product);
  }

  private isLinear({ operator, inputs }: GraphNode): boolean {
    return operator === 'MatMul' && this.graph.dimsOf(inputs[1]!)?.length === 2;
  }

  private linearAt(product: GraphNode): FoundLinear {
    const { dims, data } = this.graph.constant(product.inputs[1]!);
    const [inputs, outputs] = [dims[0]!, dims[1]!];
    const weight = new Float32Array(data.length);
    for (let i = 0; i < inputs; i++) for (let o = 0; o < outputs; o++) weight[o * inputs + i] = data[i * outputs + o]!;
    return {
      linear: { weight: { outputs, inputs, data: weight }, bias: this.biasOf(product, outputs) },
      product,
      input: product.inputs[0]!,
    };
  }

  private biasOf(product: GraphNode, outputs: number): Float32Array | undefined {
    const [user, ...others] = this.graph.usersOf(product.outputs[0]!);
    if (user?.operator !== 'Add' || others.length > 0) return undefined;
    const bias = user.inputs.find((input) => {
      const dims = this.graph.dimsOf(input);
      return dims?.length === 1 && dims[0] === outputs;
    });
    return bias === undefined ? undefined : this.graph.constant(bias).data;
  }

  /** What a node multiplies by a number, where it does. */
  private scaledBy({ operator, inputs }: GraphNode): { readonly value: string; readonly factor: number } | undefined {
    if (operator !== 'Mul' && operator !== 'Div') return undefined;
    const at = inputs.findIndex((input) => this.graph.dimsOf(input)?.every((dim) => dim === 1));
    if (at < 0 || (operator === 'Div' && at === 0)) return undefined;
    const number = this.graph.constant(inputs[at]!).data[0]!;
    return { value: inputs[1 - at]!, factor: operator === 'Mul' ? number : 1 / number };
  }

  /** The next node of a kind behind a value, over what only changes shapes. */
  private following(value: string, isWanted: (node: GraphNode) => boolean): GraphNode {
    for (let users = this.graph.usersOf(value); ;) {
      const wanted = users.find(isWanted);
      if (wanted) return wanted;
      const next = users.find(({ operator }) => RESHAPES.has(operator));
      if (!next) throw new Error(`nothing is made of ${value} that was expected`);
      users = this.graph.usersOf(next.outputs[0]!);
    }
  }

  private constantAndOther(node: GraphNode, operator: string): [string, string] {
    if (node.operator !== operator) throw new Error(`a norm ends with ${node.operator}, expected ${operator}`);
    const [left, right] = [node.inputs[0]!, node.inputs[1]!];
    return this.graph.isConstant(right) ? [right, left] : [left, right];
  }

  private producer(value: string, what: string): GraphNode {
    const node = this.graph.producerOf(value);
    if (!node) throw new Error(`${value} is not computed, but ${what} was expected there`);
    return node;
  }
}
