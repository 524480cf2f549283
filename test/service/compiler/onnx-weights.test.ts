import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { onnxWeights } from '../../../service/src/compiler/onnx-weights';
import {
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProtoSchema,
} from '../../../service/src/compiler/onnx/onnx_pb';
import { safetensorsWeights } from '../../../service/src/compiler/safetensors-weights';
import type { AttentionWeights, WhisperWeights } from '../../../service/src/compiler/whisper-weights';
import { modelShapeOf } from '../../../service/src/engine/model-shape';
import { NANO } from '../../support/nano';
import { F32, namedTensors, safetensorsFile } from '../../support/safetensors-writer';

const read = (file: string): Uint8Array => readFileSync(path.join(NANO, 'onnx', file));
const shape = modelShapeOf({
  config: JSON.parse(readFileSync(path.join(NANO, 'config.json'), 'utf8')) as unknown,
  path: NANO,
});
const encoder = read('encoder_model.onnx');
const decoder = read('decoder_model_merged.onnx');

const attentionsOf = ({
  encoder: { layers },
  decoder: { layers: texts },
}: WhisperWeights): readonly AttentionWeights[] => [
  ...layers.map(({ attention }) => attention),
  ...texts.flatMap(({ attention, cross }) => [attention, cross]),
];

/** All weights, each as its SHA-256; those under the names in `without` are left out. */
function digestsOf(weights: WhisperWeights, without: readonly string[] = []): unknown {
  const digest = (key: string, value: unknown): unknown => {
    if (without.includes(key)) return undefined;
    return value instanceof Float32Array ? createHash('sha256').update(value).digest('hex') : value;
  };
  return JSON.parse(JSON.stringify(weights, digest)) as unknown;
}

describe('the weights of ONNX files', () => {
  it('are found whatever the names of values and constants are', () => {
    const model = fromBinary(ModelProtoSchema, encoder);
    const graph = model.graph!;
    const kept = new Set([...graph.input, ...graph.output].map(({ name }) => name));
    const names = new Map<string, string>();
    const renamed = (name: string): string => {
      if (name === '' || kept.has(name)) return name;
      if (!names.has(name)) names.set(name, `v${names.size}`);
      return names.get(name)!;
    };
    for (const tensor of graph.initializer) tensor.name = renamed(tensor.name);
    for (const node of graph.node) {
      node.name = '';
      node.input = node.input.map(renamed);
      node.output = node.output.map(renamed);
    }
    expect(names.size).toBeGreaterThan(100);
    expect(digestsOf(onnxWeights(shape, toBinary(ModelProtoSchema, model), decoder))).toEqual(
      digestsOf(onnxWeights(shape, encoder, decoder)),
    );
  });

  it('are those of safetensors, but for the scale that the published files have in the query', () => {
    const found = onnxWeights(shape, encoder, decoder);
    const stored = safetensorsWeights(shape, safetensorsFile(namedTensors(found), F32));
    attentionsOf(stored).forEach(({ query, scale }, i) => {
      const other = attentionsOf(found)[i]!;
      expect([scale, other.scale]).toEqual([1 / Math.sqrt(shape.width / shape.heads), 1]);
      const difference = (one: Float32Array, another: Float32Array): number =>
        one.reduce((largest, each, at) => Math.max(largest, Math.abs(each * scale - another[at]!)), 0);
      expect(difference(query.weight.data, other.query.weight.data)).toBeLessThan(1e-6);
      expect(difference(query.bias!, other.query.bias!)).toBeLessThan(1e-6);
    });
    expect(digestsOf(stored, ['query', 'scale'])).toEqual(digestsOf(found, ['query', 'scale']));
  });

  it('are scaled as others export them: by the root of the scale, queries and keys alike', () => {
    const scale = 1 / Math.sqrt(shape.width / shape.heads);
    const model = fromBinary(ModelProtoSchema, encoder);
    const graph = model.graph!;
    graph.initializer.push(
      create(TensorProtoSchema, {
        name: 'root',
        dataType: TensorProto_DataType.FLOAT,
        rawData: new Uint8Array(Float32Array.of(Math.sqrt(scale)).buffer),
      }),
    );
    const scores = graph.node
      .filter(({ opType }) => opType === 'Softmax')
      .map(({ input: [softmaxInput] }) => graph.node.find(({ output }) => output[0] === softmaxInput)!);
    for (const product of scores) {
      expect(product.opType).toBe('MatMul');
      product.input = product.input.map((value) => {
        const output = [`${value}/scaled`];
        graph.node.splice(
          graph.node.indexOf(product),
          0,
          create(NodeProtoSchema, { opType: 'Mul', input: [value, 'root'], output }),
        );
        return output[0]!;
      });
    }
    const { layers } = onnxWeights(shape, toBinary(ModelProtoSchema, model), decoder).encoder;
    // Exactly: the square of a root in single precision is not.
    expect(layers.map(({ attention }) => attention.scale)).toEqual(layers.map(() => scale));
  });

  it('are refused where they lie in another file', () => {
    const model = fromBinary(ModelProtoSchema, encoder);
    for (const tensor of model.graph!.initializer) {
      tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
      tensor.rawData = new Uint8Array(0);
    }
    expect(() => onnxWeights(shape, toBinary(ModelProtoSchema, model), decoder)).toThrow(
      /lies in another file \(external data\)/,
    );
  });

  it('are refused where encoder and decoder are mistaken for each other', () => {
    expect(() => onnxWeights(shape, decoder, encoder)).toThrow('layer 2 has no two linear layers behind its attention');
  });

  it('are refused where there is no graph', () => {
    expect(() => onnxWeights(shape, new Uint8Array(0), decoder)).toThrow('it has no graph');
  });
});
