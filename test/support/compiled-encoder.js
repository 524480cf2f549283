// What the compiled encoder makes of windows whose silent rest is left to it, and of the same with the silence written out:
// JSON in, JSON out. A process of its own, because ONNX Runtime cannot be loaded inside jest; compiled, as in production.
'use strict';
const { readFileSync } = require('node:fs');
const { openModelDirectory } = require('../../build/service/src/engine/model-directory.js');
const { loadWhisperModel } = require('../../build/service/src/engine/load-whisper-model.js');

const SAMPLES_PER_POSITION = 320;

function largestDifference(one, other) {
  return one.reduce((largest, value, i) => Math.max(largest, Math.abs(value - other[i])), 0);
}

/** Keys and values of all layers. */
const halves = (window) => Object.values(window.decoderFeeds(1)).map(({ data }) => data);

async function main() {
  const { store, model: name, cases } = JSON.parse(readFileSync(0, 'utf8'));
  const model = await loadWhisperModel(openModelDirectory(store, name, 'fp32'), 2);
  const differences = [];
  for (const { samples: length, positions } of cases) {
    const samples = Float32Array.from({ length }, (_, i) => 0.3 * Math.sin(i * i * 1e-5));
    const written = new Float32Array(positions * SAMPLES_PER_POSITION);
    written.set(samples);
    const left = halves(await model.encode(samples, undefined, positions));
    const whole = halves(await model.encode(written, undefined, positions));
    differences.push(Math.max(...left.map((half, i) => largestDifference(half, whole[i]))));
  }
  process.stdout.write(JSON.stringify(differences));
}

void main();
