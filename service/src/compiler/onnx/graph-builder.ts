import { createHash } from 'node:crypto';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './onnx_pb';

/** Operators of ONNX, and ONNX Runtime's own (https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md). */
export type OperatorDomain = '' | 'com.microsoft';

/** Version 8 of the format and 17 of the operators: what ONNX Runtime 1.14 and all later ones read. */
const IR_VERSION = 8n;
const OPERATOR_VERSIONS = [
  { domain: '', version: 17n },
  { domain: 'com.microsoft', version: 1n },
];

/** Bytes from which on a constant lies beside its graph. Smaller ones stay in it: ONNX Runtime infers shapes from them. */
const BESIDE_FROM_BYTES = 2 ** 16;
/** Of a page, at whose beginning onnx.proto wants what is mapped. */
const PAGE_BYTES = 4096;

/** A graph in two files. */
export interface GraphFiles {
  readonly graph: Uint8Array;
  /** Its large constants. */
  readonly data: Uint8Array;
}

/** The name of a value in a graph. */
export type Value = string;

/** The name of an axis whose size is known at run time alone, or a size. */
export type Dimension = number | string;

export type ElementType = 'float' | 'int8' | 'uint8' | 'int32' | 'int64' | 'bool';

const DATA_TYPES: Readonly<Record<ElementType, TensorProto_DataType>> = {
  float: TensorProto_DataType.FLOAT,
  int8: TensorProto_DataType.INT8,
  uint8: TensorProto_DataType.UINT8,
  int32: TensorProto_DataType.INT32,
  int64: TensorProto_DataType.INT64,
  bool: TensorProto_DataType.BOOL,
};

type ConstantData = Float32Array | Int8Array | Uint8Array | BigInt64Array;

/** Builds a graph node by node, each of which is given the values that it reads, and gives those that it makes. */
export class GraphBuilder {
  /** Of the graph, or of the branch that is being written. */
  private nodes: NodeProto[] = [];
  private readonly initializers: TensorProto[] = [];
  private readonly inputs: ValueInfoProto[] = [];
  private readonly outputs: ValueInfoProto[] = [];
  private readonly scalars = new Map<string, Value>();
  private count = 0;

  /** @param name of the graph, which profiles and errors show */
  constructor(private readonly name: string) {}

  input(name: string, type: ElementType, dims: readonly Dimension[]): Value {
    this.inputs.push(valueInfo(name, type, dims));
    return name;
  }

  /** Puts a value out under a name. */
  output(name: string, value: Value, type: ElementType, dims: readonly Dimension[]): void {
    this.nodes.push(
      create(NodeProtoSchema, { opType: 'Identity', name: `${name}/output`, input: [value], output: [name] }),
    );
    this.outputs.push(valueInfo(name, type, dims));
  }

  /** A constant of the model; its name is its own. */
  constant(name: string, data: ConstantData, dims: readonly number[] = [data.length]): Value {
    const size = dims.reduce((product, dim) => product * dim, 1);
    if (size !== data.length)
      throw new RangeError(`${name} has ${data.length} elements, its shape ${dims.join(' × ')}`);
    this.initializers.push(
      create(TensorProtoSchema, {
        name,
        dims: dims.map(BigInt),
        dataType: DATA_TYPES[elementTypeOf(data)],
        rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      }),
    );
    return name;
  }

  /** A constant of a few numbers, made once. */
  floats(...values: readonly number[]): Value {
    return this.scalar(`float ${values.join(' ')}`, () => Float32Array.from(values));
  }

  /** A constant of a few whole numbers, made once: shapes, axes, positions. */
  integers(...values: readonly number[]): Value {
    return this.scalar(`int64 ${values.join(' ')}`, () => BigInt64Array.from(values, BigInt));
  }

  /** Adds a node with one output. */
  node(operator: string, inputs: readonly Value[], attributes: Attributes = {}, domain: OperatorDomain = ''): Value {
    return this.nodeOf(1, operator, inputs, attributes, domain)[0]!;
  }

  /** Adds a node with several outputs. An input that is left out is ''. */
  nodeOf(
    outputCount: number,
    operator: string,
    inputs: readonly Value[],
    attributes: Attributes = {},
    domain: OperatorDomain = '',
  ): Value[] {
    const name = `${operator}_${this.count++}`;
    const output = Array.from({ length: outputCount }, (_, i) => (i === 0 ? name : `${name}:${i}`));
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.nodes.push(create(NodeProtoSchema, { opType: operator, name, domain, input: [...inputs], output, attribute }));
    return output;
  }

  /**
   * One of two values, of which only the one that is asked for is computed. What a branch reads of the graph has been
   * written before.
   *
   * @param condition a bool
   * @param type of both values
   */
  either(
    condition: Value,
    type: ElementType,
    dims: readonly Dimension[],
    then: () => Value,
    otherwise: () => Value,
  ): Value {
    const name = `If_${this.count++}`;
    const branch = (attribute: string, write: () => Value): AttributeProto => {
      const { nodes } = this;
      this.nodes = [];
      const output = valueInfo(write(), type, dims);
      const graph = create(GraphProtoSchema, { name: `${name}/${attribute}`, node: this.nodes, output: [output] });
      this.nodes = nodes;
      return create(AttributeProtoSchema, { name: attribute, type: AttributeProto_AttributeType.GRAPH, g: graph });
    };
    const attribute = [branch('then_branch', then), branch('else_branch', otherwise)];
    this.nodes.push(create(NodeProtoSchema, { opType: 'If', name, input: [condition], output: [name], attribute }));
    return name;
  }

  /** @param version of what writes the graph */
  build(version: string): Uint8Array {
    return toBinary(ModelProtoSchema, this.model(version, this.initializers));
  }

  /**
   * The graph, with its large constants in a file of their own: ONNX Runtime maps that into memory, where it reads what
   * lies within the graph into memory of each process.
   *
   * @param dataFile name of the other file, in the same folder
   */
  buildInTwoFiles(version: string, dataFile: string): GraphFiles {
    const data: Uint8Array[] = [];
    let offset = 0;
    const initializers = this.initializers.map((tensor) => {
      const { length } = tensor.rawData;
      if (length < BESIDE_FROM_BYTES) return tensor;
      const beside = externalTensor(tensor, { location: dataFile, offset, length });
      const padding = (PAGE_BYTES - (length % PAGE_BYTES)) % PAGE_BYTES;
      data.push(tensor.rawData, new Uint8Array(padding));
      offset += length + padding;
      return beside;
    });
    const bytes = Buffer.concat(data);
    const model = this.model(version, initializers);
    // So that the graph's own digest is that of both.
    const digest = createHash('sha256').update(bytes).digest('hex');
    model.metadataProps.push(create(StringStringEntryProtoSchema, { key: 'data_sha256', value: digest }));
    return { graph: toBinary(ModelProtoSchema, model), data: bytes };
  }

  private model(version: string, initializer: TensorProto[]): ModelProto {
    return create(ModelProtoSchema, {
      irVersion: IR_VERSION,
      opsetImport: OPERATOR_VERSIONS,
      producerName: 'whisper-stt',
      producerVersion: version,
      graph: {
        name: this.name,
        node: this.nodes,
        initializer,
        input: this.inputs,
        output: this.outputs,
      },
    });
  }

  private scalar(name: string, data: () => ConstantData): Value {
    let value = this.scalars.get(name);
    if (value === undefined) {
      value = this.constant(name, data());
      this.scalars.set(name, value);
    }
    return value;
  }
}

/** Whole numbers are written as integers: a float that happens to be whole is `{ float: 1 }`. */
export type Attributes = Readonly<Record<string, number | string | { readonly float: number } | readonly number[]>>;

function attributeOf(name: string, value: Attributes[string]): AttributeProto {
  if (typeof value === 'number') {
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });
  }
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeProto_AttributeType.STRING,
      s: new TextEncoder().encode(value),
    });
  }
  if ('float' in value) {
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value.float });
  }
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) });
}

/** The same constant, which lies elsewhere. */
function externalTensor(
  { name, dims, dataType }: TensorProto,
  place: { readonly location: string; readonly offset: number; readonly length: number },
): TensorProto {
  const externalData = Object.entries(place).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value: String(value) }),
  );
  return create(TensorProtoSchema, {
    name,
    dims,
    dataType,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData,
  });
}

function valueInfo(name: string, type: ElementType, dims: readonly Dimension[]): ValueInfoProto {
  const dim = dims.map((size) => ({
    value:
      typeof size === 'number'
        ? ({ case: 'dimValue', value: BigInt(size) } as const)
        : ({ case: 'dimParam', value: size } as const),
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: DATA_TYPES[type], shape: { dim } } } },
  });
}

function elementTypeOf(data: ConstantData): ElementType {
  if (data instanceof Float32Array) return 'float';
  if (data instanceof Int8Array) return 'int8';
  return data instanceof BigInt64Array ? 'int64' : 'uint8';
}
