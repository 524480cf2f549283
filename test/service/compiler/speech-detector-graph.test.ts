import { readFileSync } from 'node:fs';
import path from 'node:path';
import { GraphBuilder } from '../../../service/src/compiler/onnx/graph-builder';
import { DETECTOR_GRAPH_VERSION, speechDetectorGraph } from '../../../service/src/compiler/speech-detector-graph';
import { columnsOf } from '../../../service/src/engine/speech-detector-columns';
import { MODEL_STORE, sampleAudio } from '../../support/nano';
import { floatsOf, runGraph, sent, type SentTensor } from '../../support/graph-runner';
import { noise } from '../../support/signals';

const FOLDER = path.join(MODEL_STORE, 'silero-vad');
const PUBLISHED = path.join(FOLDER, 'published/silero_vad_16k_sequence.onnx');
const COMPILED = path.join(FOLDER, 'silero_vad_16k.onnx');
const FRAME = 512;
const CONTEXT = 64;
const WIDTH = FRAME + CONTEXT;
const RATE = 16_000;
/** Products are summed up in another order; what is remembered sums the differences up. */
const CLOSE = 1e-5;
const CLOSE_STATE = 1e-4;

const state = (): SentTensor => sent('float32', [1, 1, 128], new Float32Array(128));

/** Frames of samples, each behind the end of the one before: what the published network takes. */
function framesOf(samples: Float32Array): Float32Array {
  const count = Math.ceil(samples.length / FRAME);
  const padded = new Float32Array(CONTEXT + count * FRAME);
  padded.set(samples, CONTEXT);
  const frames = new Float32Array(count * WIDTH);
  for (let i = 0; i < count; i++) frames.set(padded.subarray(i * FRAME, i * FRAME + WIDTH), i * WIDTH);
  return frames;
}

function largestDifference(one: SentTensor, other: SentTensor): number {
  const others = floatsOf(other);
  const differences = floatsOf(one).map((value, i) => Math.abs(value - others[i]!));
  expect(differences.length).toBe(others.length);
  expect(differences.some(Number.isNaN)).toBe(false);
  return Math.max(...differences);
}

test("the compiled detector finds what Silero's own does, and remembers the same", () => {
  const heard = [sampleAudio('long-en.wav', 20 * RATE), sampleAudio('en-01.wav'), noise(4 * RATE, 0.1).subarray(100)];
  const published = runGraph(
    PUBLISHED,
    heard.map((samples) => {
      const frames = framesOf(samples);
      return { input: sent('float32', [frames.length / WIDTH, WIDTH], frames), h: state(), c: state() };
    }),
  );
  const compiled = runGraph(
    COMPILED,
    heard.map((samples) => {
      const count = Math.ceil(samples.length / FRAME);
      // In two parts, as the engine's runs follow each other.
      const columns = [columnsOf(samples, 0, 7), columnsOf(samples, 7, count - 7)].flatMap((part) => [...part]);
      return { columns: sent('float32', [count, 4, 256], Float32Array.from(columns)), h: state(), c: state() };
    }),
  );
  published.forEach(({ speech_probs: probabilities, hn, cn }, i) => {
    expect(largestDifference(compiled[i]!.probabilities!, probabilities!)).toBeLessThan(CLOSE);
    expect(largestDifference(compiled[i]!.hn!, hn!)).toBeLessThan(CLOSE_STATE);
    // Its numbers are some ten times as large.
    expect(largestDifference(compiled[i]!.cn!, cn!)).toBeLessThan(10 * CLOSE_STATE);
  });
  // There is something to find.
  expect(Math.max(...floatsOf(published[0]!.speech_probs!))).toBeGreaterThan(0.9);
});

test('the compiled detector is what its published one is compiled to', () => {
  const compiled = speechDetectorGraph(readFileSync(PUBLISHED)).build(DETECTOR_GRAPH_VERSION);
  expect(compiled).toEqual(new Uint8Array(readFileSync(COMPILED)));
});

test('other weights are refused', () => {
  const graph = new GraphBuilder('another');
  graph.constant('stft.forward_basis_buffer', new Float32Array(6), [3, 1, 2]);
  expect(() => speechDetectorGraph(graph.build('0'))).toThrow(
    'stft.forward_basis_buffer is 3 × 1 × 2, expected 258 × 1 × 256',
  );
});
