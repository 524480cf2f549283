// How far two layouts of the same model, in the same precision, are apart under forced tokens on synthetic inputs, each of
// which its seed makes: JSON in, JSON out. A process of its own, because ONNX Runtime cannot be loaded inside jest;
// compiled, as in production.
'use strict';
const { readFileSync } = require('node:fs');
const { openModelDirectory } = require('../../build/service/src/engine/model-directory.js');
const { loadWhisperModel } = require('../../build/service/src/engine/load-whisper-model.js');

const FRAME_SAMPLES = 160;
const WINDOW_FRAMES = 3000;
/** Windows whose silent rest is none or short, or all but nothing. */
const EDGES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2999];

/** Numerical Recipes' generator: [0, 1). */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(1_664_525, state) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Bursts of gliding tones and of noise at any loudness, with silence between them: all that a spectrogram may show. */
function sound(random, length) {
  const samples = new Float32Array(length);
  for (let at = 0; at < length;) {
    const burst = Math.min(length - at, Math.floor(800 + random() * 16_000));
    const kind = Math.floor(random() * 3);
    const loudness = 10 ** (-4 * random());
    const [from, to] = [50 + random() * 7000, 50 + random() * 7000];
    for (let i = 0; i < burst && kind > 0; i++) {
      const hertz = from + ((to - from) * i) / burst / 2;
      samples[at + i] = loudness * (kind === 1 ? Math.sin((2 * Math.PI * hertz * i) / 16_000) : 2 * random() - 1);
    }
    at += burst;
  }
  return samples;
}

/** A window's length: the edges first, then any. */
function framesOf(seed, random) {
  return WINDOW_FRAMES - (EDGES[seed - 1] ?? Math.floor(random() * WINDOW_FRAMES));
}

/** Of a window by itself, of one that is the whole recording, and of one that is a part of it, in turns. */
function surroundingsOf(seed, random) {
  const [none, some] = [new Float32Array(0), Float32Array.from({ length: 200 }, () => random() - 0.5)];
  return [undefined, { before: none, after: none, loudest: undefined }, { before: some, after: some, loudest: 4 }][
    seed % 3
  ];
}

function largestDifference(a, b) {
  if (a.length !== b.length) throw new Error(`${a.length} numbers and ${b.length}`);
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0);
}

async function logitsOf(model, features, header, tokens) {
  const decoder = model.newDecoder(features);
  const steps = (await decoder.append(header, [0, header.length - 1])).map((row) => row.slice());
  for (const token of tokens) steps.push((await decoder.append([token]))[0].slice());
  decoder.dispose();
  return steps;
}

async function main() {
  const { models: sources, threads, seeds, header, textTokens, steps } = JSON.parse(readFileSync(0, 'utf8'));
  const models = await Promise.all(
    sources.map(({ store, name }) => loadWhisperModel(openModelDirectory(store, name, 'fp32'), threads)),
  );
  const results = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const random = randomOf(seed);
    const samples = sound(random, FRAME_SAMPLES * framesOf(seed, random));
    const surroundings = surroundingsOf(seed, random);
    const tokens = Array.from({ length: steps }, () => Math.floor(random() * textTokens));
    // More than the compiled model reads at once.
    const long = [...header, ...tokens, ...tokens, ...tokens];
    const outputs = [];
    for (const model of models) {
      const features = await model.encode(samples, surroundings);
      const logits = await logitsOf(model, features, header, tokens);
      const attended = [];
      const read = (_, row) => attended.push(row.slice());
      const attention = model.canAttend ? await model.attend(features, long, read) : undefined;
      outputs.push({ logits, attention, attended });
    }
    const [one, other] = outputs;
    results.push({
      logits: Math.max(...one.logits.map((row, i) => largestDifference(row, other.logits[i]))),
      ...(one.attention &&
        other.attention && {
          attention: Math.max(
            ...one.attention.heads.map((head, i) => largestDifference(head, other.attention.heads[i])),
          ),
          attendedLogits: Math.max(...one.attended.map((row, i) => largestDifference(row, other.attended[i]))),
        }),
    });
  }
  process.stdout.write(JSON.stringify(results));
}

void main();
