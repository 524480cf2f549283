import { readFileSync } from 'node:fs';
import path from 'node:path';
import { GraphBuilder } from '../../../service/src/compiler/onnx/graph-builder';
import { speechDetectorGraph } from '../../../service/src/compiler/speech-detector-graph';
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
  const count = Math.floor((samples.length - CONTEXT) / FRAME);
  const frames = new Float32Array(count * WIDTH);
  for (let i = 0; i < count; i++) frames.set(samples.subarray(i * FRAME, i * FRAME + WIDTH), i * WIDTH);
  return frames;
}

/** The same in columns of 256 samples, 128 apart, with the end of each frame mirrored. */
function columnsOf(frames: Float32Array): Float32Array {
  const count = frames.length / WIDTH;
  const columns = new Float32Array(count * 4 * 256);
  columns.forEach((_, i) => {
    const at = Math.floor((i % 1024) / 256) * 128 + (i % 256);
    const mirrored = at < WIDTH ? at : 2 * (WIDTH - 1) - at;
    columns[i] = frames[Math.floor(i / 1024) * WIDTH + mirrored]!;
  });
  return columns;
}

function largestDifference(one: SentTensor, other: SentTensor): number {
  const others = floatsOf(other);
  const differences = floatsOf(one).map((value, i) => Math.abs(value - others[i]!));
  expect(differences.length).toBe(others.length);
  expect(differences.some(Number.isNaN)).toBe(false);
  return Math.max(...differences);
}

test("the compiled detector finds what Silero's own does, and remembers the same", () => {
  const heard = [sampleAudio('long-en.wav', 20 * RATE), sampleAudio('en-01.wav'), noise(4 * RATE, 0.1)].map(framesOf);
  const published = runGraph(
    PUBLISHED,
    heard.map((frames) => ({
      input: sent('float32', [frames.length / WIDTH, WIDTH], frames),
      h: state(),
      c: state(),
    })),
  );
  const compiled = runGraph(
    COMPILED,
    heard.map((frames) => ({
      columns: sent('float32', [frames.length / WIDTH, 4, 256], columnsOf(frames)),
      h: state(),
      c: state(),
    })),
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
  const [, version] = /Silero VAD\]\(.*?\) ([\d.]+),/.exec(readFileSync(path.join(FOLDER, 'README.md'), 'utf8'))!;
  expect(speechDetectorGraph(readFileSync(PUBLISHED)).build(version!)).toEqual(new Uint8Array(readFileSync(COMPILED)));
});

test('another network is refused', () => {
  const graph = new GraphBuilder('another');
  graph.constant('stft.forward_basis_buffer', new Float32Array(6), [3, 1, 2]);
  expect(() => speechDetectorGraph(graph.build('0'))).toThrow(
    'stft.forward_basis_buffer is 3 × 1 × 2, expected 258 × 1 × 256',
  );
});
