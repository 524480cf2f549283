import { fromBinary } from '@bufbuild/protobuf';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { GraphBuilder } from '../../../service/src/compiler/onnx/graph-builder';
import { ModelProtoSchema } from '../../../service/src/compiler/onnx/onnx_pb';
import { runGraph, sent } from '../../support/graph-runner';

const DATA_FILE = 'graph.onnx_data';
/** Large enough to lie beside the graph, neither with a whole number of pages, and one that is not. */
const [FIRST, SECOND, SMALL] = [20_000, 30_001, 100];

describe('a graph in two files', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'graph-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Puts out what it is given by each of three constants. */
  function builder(): GraphBuilder {
    const graph = new GraphBuilder('graph');
    const factor = graph.input('factor', 'float', [1]);
    for (const [i, length] of [FIRST, SECOND, SMALL].entries()) {
      const constant = graph.constant(
        `constant.${i}`,
        Float32Array.from({ length }, (_, k) => k + i / 2),
      );
      graph.output(`product.${i}`, graph.node('Mul', [constant, factor]), 'float', [length]);
    }
    return graph;
  }

  it('computes what the same does in one', () => {
    const [whole, parted] = ['whole.onnx', 'parted.onnx'].map((name) => path.join(folder, name)) as [string, string];
    const { graph, data } = builder().buildInTwoFiles('0', DATA_FILE);
    writeFileSync(whole, builder().build('0'));
    writeFileSync(parted, graph);
    writeFileSync(path.join(folder, DATA_FILE), data);
    const feeds = [{ factor: sent('float32', [1], Float32Array.of(3)) }];
    const [expected, actual] = [runGraph(whole, feeds), runGraph(parted, feeds)];
    expect(Object.keys(actual[0]!)).toEqual(['product.0', 'product.1', 'product.2']);
    expect(actual).toEqual(expected);
  });

  it('has its large constants in the second, each from the beginning of a page on', () => {
    const { graph, data } = builder().buildInTwoFiles('0', DATA_FILE);
    const { graph: read, metadataProps } = fromBinary(ModelProtoSchema, graph);
    const places = read!.initializer.map(({ externalData, rawData }) => [
      rawData.length,
      ...externalData.map(({ key, value }) => `${key} ${value}`),
    ]);
    expect(places).toEqual([
      [0, `location ${DATA_FILE}`, 'offset 0', `length ${4 * FIRST}`],
      [0, `location ${DATA_FILE}`, 'offset 81920', `length ${4 * SECOND}`],
      [4 * SMALL],
    ]);
    expect(data.length % 4096).toBe(0);
    expect(metadataProps).toMatchObject([
      { key: 'data_sha256', value: createHash('sha256').update(data).digest('hex') },
    ]);
    expect(graph.length).toBeLessThan(2_000);
  });
});
