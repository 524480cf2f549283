// Runs a graph on each of several feeds: JSON in, JSON out, tensors as { type, dims, data } with base64 of their bytes.
// A process of its own, because ONNX Runtime cannot be loaded inside jest.
'use strict';
const { Buffer } = require('node:buffer');
const { readFileSync } = require('node:fs');
const { InferenceSession, Tensor } = require('onnxruntime-node');

const ARRAYS = {
  float32: Float32Array,
  int8: Int8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
};

function tensorOf({ type, dims, data }) {
  const bytes = Buffer.from(data, 'base64');
  return new Tensor(type, new ARRAYS[type](new Uint8Array(bytes).buffer), dims);
}

async function main() {
  const { file, feeds } = JSON.parse(readFileSync(0, 'utf8'));
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const results = [];
  for (const feed of feeds) {
    const inputs = Object.entries(feed).map(([name, tensor]) => [name, tensorOf(tensor)]);
    const outputs = await session.run(Object.fromEntries(inputs));
    results.push(
      Object.fromEntries(
        Object.entries(outputs).map(([name, { type, dims, data }]) => [
          name,
          { type, dims, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') },
        ]),
      ),
    );
  }
  process.stdout.write(JSON.stringify(results));
}

void main();
