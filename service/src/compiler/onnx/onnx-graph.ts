import { fromBinary } from '@bufbuild/protobuf';
import {
  ModelProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
  type AttributeProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
} from './onnx_pb';

/** As the field that it is compared with is declared: a number. */
const FLOAT: number = TensorProto_DataType.FLOAT;

/** A constant of a graph, as numbers. */
export interface Tensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** A node whose names were resolved: what an alias stands for, and what an `If` puts out. */
export interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly AttributeProto[];
}

/**
 * A graph to be read: nodes in order, with each `If` replaced by its branch for a condition that is false, which in
 * published decoders is the one that reads no cache.
 */
export class OnnxGraph {
  readonly nodes: readonly GraphNode[];
  readonly inputs: readonly string[];
  /** What is put out under which name. */
  readonly outputs: ReadonlyMap<string, string>;
  private readonly aliases = new Map<string, string>();
  private readonly tensors = new Map<string, TensorProto>();
  private readonly producers = new Map<string, GraphNode>();
  private readonly users = new Map<string, GraphNode[]>();

  /** @throws Error for what is no ONNX model */
  constructor(bytes: Uint8Array) {
    const { graph } = fromBinary(ModelProtoSchema, bytes);
    if (!graph) throw new Error('it has no graph');
    const nodes: GraphNode[] = [];
    this.add(graph, nodes);
    this.nodes = nodes;
    for (const node of nodes) {
      for (const output of node.outputs) this.producers.set(output, node);
      for (const input of node.inputs) {
        const users = this.users.get(input);
        if (users) users.push(node);
        else this.users.set(input, [node]);
      }
    }
    this.inputs = graph.input.map(({ name }) => name);
    this.outputs = new Map(graph.output.map(({ name }) => [name, this.resolve(name)]));
  }

  producerOf(value: string): GraphNode | undefined {
    return this.producers.get(value);
  }

  usersOf(value: string): readonly GraphNode[] {
    return this.users.get(value) ?? [];
  }

  /** Whether a value is a constant of the model. */
  isConstant(value: string): boolean {
    return this.tensors.has(value);
  }

  /** Sizes of a constant; undefined for what is computed. */
  dimsOf(value: string): readonly number[] | undefined {
    return this.tensors.get(value)?.dims.map(Number);
  }

  /** Names of constants of this shape. */
  constantsOf(...dims: readonly number[]): readonly string[] {
    return [...this.tensors]
      .filter(
        ([, tensor]) => tensor.dims.length === dims.length && tensor.dims.every((dim, i) => Number(dim) === dims[i]),
      )
      .map(([name]) => name);
  }

  /** @throws Error for a constant that is not in single precision, or not in the file */
  constant(value: string): Tensor {
    const tensor = this.tensors.get(value);
    if (!tensor) throw new Error(`${value} is no constant`);
    if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL) {
      throw new Error(`${value} lies in another file (external data)`);
    }
    if (tensor.dataType !== FLOAT) {
      throw new Error(`${value} is ${TensorProto_DataType[tensor.dataType]}, expected FLOAT: take the fp32 files`);
    }
    const { rawData } = tensor;
    const data =
      rawData.length > 0
        ? // Copied, since the bytes need not begin at a multiple of four.
          new Float32Array(new Uint8Array(rawData).buffer)
        : Float32Array.from(tensor.floatData);
    return { dims: tensor.dims.map(Number), data };
  }

  private add(graph: GraphProto, nodes: GraphNode[]): void {
    for (const tensor of graph.initializer) this.tensors.set(tensor.name, tensor);
    for (const node of graph.node) this.addNode(node, nodes);
  }

  private addNode(node: NodeProto, nodes: GraphNode[]): void {
    const inputs = node.input.map((name) => this.resolve(name));
    switch (node.opType) {
      case 'Identity':
        this.aliases.set(node.output[0]!, inputs[0]!);
        return;
      case 'Constant': {
        const tensor = node.attribute.find(({ name }) => name === 'value')?.t;
        if (tensor) this.tensors.set(node.output[0]!, tensor);
        return;
      }
      case 'If': {
        const branch = node.attribute.find(({ name }) => name === 'else_branch')?.g;
        if (!branch) throw new Error(`${node.name} has no else_branch`);
        this.add(branch, nodes);
        node.output.forEach((name, i) => this.aliases.set(name, this.resolve(branch.output[i]!.name)));
        return;
      }
      default:
        nodes.push({ operator: node.opType, inputs, outputs: node.output, attributes: node.attribute });
    }
  }

  private resolve(name: string): string {
    return this.aliases.get(name) ?? name;
  }
}
