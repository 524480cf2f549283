// Prints what a model comes to behind forced tokens, read one at a time over its cache, as the engine does it: JSON in,
// JSON out. A process of its own, because ONNX Runtime cannot be loaded inside jest; compiled, as in production.
'use strict';
const { Buffer } = require('node:buffer');
const { readFileSync } = require('node:fs');
const { openModelDirectory } = require('../../build/service/src/engine/model-directory.js');
const { OnnxWhisperModel } = require('../../build/service/src/engine/onnx-whisper-model.js');

async function main() {
  const { store, model: name, vocabulary, inputs } = JSON.parse(readFileSync(0, 'utf8'));
  const model = await OnnxWhisperModel.load(openModelDirectory(store, name, 'fp32'), 1);
  const outputs = [];
  for (const { samples, header, tokens, encoder } of inputs) {
    const bytes = Buffer.from(samples, 'base64');
    const audio = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const features = await model.encode(audio);
    const width = features.dims[2];
    const decoder = model.newDecoder(features);
    const steps = [(await decoder.append(header)).at(-1)];
    for (const token of tokens) steps.push((await decoder.append([token])).at(-1));
    outputs.push({
      encoder: encoder.positions.map((at) => encoder.channels.map((channel) => features.data[at * width + channel])),
      steps: steps.map((logits) => summary(logits, vocabulary)),
    });
  }
  process.stdout.write(JSON.stringify(outputs));
}

function summary(logits, vocabulary) {
  const highest = logits.reduce((a, b) => Math.max(a, b));
  return {
    likeliest: logits.indexOf(highest),
    highest,
    logSumExp: highest + Math.log(logits.reduce((sum, each) => sum + Math.exp(each - highest), 0)),
    logits: vocabulary.map((token) => logits[token]),
  };
}

void main();
