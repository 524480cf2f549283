import { FRAME_SAMPLES, HOP_SAMPLES, hannWindow, melFilterBank, MIN_POWER, DYNAMIC_RANGE } from '../engine/log-mel';
import type { GraphBuilder, Value } from './onnx/graph-builder';

const FREQUENCY_BINS = FRAME_SAMPLES / 2 + 1;
/** Of the hop that a frame reaches into at its end: 400 = 160 + 160 + 80. */
const LAST_PART_SAMPLES = FRAME_SAMPLES - 2 * HOP_SAMPLES;

export interface LogMelInputs {
  /** [1, frames + 2, HOP_SAMPLES]: the samples from half a frame before the first frame's centre on. */
  readonly audio: Value;
  /** bool [1]: whether the window is cut out of a recording. Behind its samples there is then nothing, else silence. */
  readonly inRecording: Value;
  /** float [1]: the loudest band of what the window is cut out of; -∞ where the window is all of it. */
  readonly loudest: Value;
  /** int64 [1]: frames that are to come out; at least those of `audio`. */
  readonly frames: Value;
}

/**
 * Whisper's log-mel spectrogram as matrix products, which on all cores take a fraction of what transforms in JavaScript do.
 *
 * @returns [1, frames, melBins]
 */
export function logMelLayers(graph: GraphBuilder, melBins: number, inputs: LogMelInputs): Value {
  const { audio, inRecording, loudest, frames } = inputs;
  const rows = (start: number, end: number): Value =>
    graph.node('Slice', [audio, graph.integers(start), graph.integers(end), graph.integers(1)]);
  const lastPart = graph.node('Slice', [
    rows(2, Number.MAX_SAFE_INTEGER),
    graph.integers(0),
    graph.integers(LAST_PART_SAMPLES),
    graph.integers(2),
  ]);
  const framed = graph.node('Concat', [rows(0, -2), rows(1, -1), lastPart], { axis: 2 });

  const spectrum = graph.node('MatMul', [
    framed,
    graph.constant('mel.fourier', fourierMatrix(), [FRAME_SAMPLES, 2 * FREQUENCY_BINS]),
  ]);
  const squares = graph.node('Mul', [spectrum, spectrum]);
  const [real, imaginary] = graph.nodeOf(2, 'Split', [squares, graph.integers(FREQUENCY_BINS, FREQUENCY_BINS)], {
    axis: 2,
  });
  const power = graph.node('Add', [real!, imaginary!]);
  const mel = graph.node('MatMul', [
    power,
    graph.constant('mel.filters', filterMatrix(melBins), [FREQUENCY_BINS, melBins]),
  ]);
  const logarithm = graph.node('Log', [graph.node('Max', [mel, graph.floats(MIN_POWER)])]);
  const decades = graph.node('Mul', [logarithm, graph.floats(Math.LOG10E)]);

  const own = graph.node('Reshape', [graph.node('ReduceMax', [decades], { keepdims: 0 }), graph.integers(1)]);
  const top = graph.node('Max', [own, loudest]);
  const floor = graph.node('Sub', [top, graph.floats(DYNAMIC_RANGE)]);
  const normalized = (value: Value): Value =>
    graph.node('Mul', [graph.node('Add', [graph.node('Max', [value, floor]), graph.floats(4)]), graph.floats(1 / 4)]);
  // Silence is the least power that has a logarithm.
  const silence = graph.node('Where', [inRecording, graph.floats(0), normalized(graph.floats(Math.log10(MIN_POWER)))]);
  const heard = graph.node('Slice', [
    graph.node('Shape', [decades]),
    graph.integers(1),
    graph.integers(2),
    graph.integers(0),
  ]);
  const missing = graph.node('Sub', [frames, heard]);
  const pads = graph.node('Concat', [graph.integers(0, 0, 0, 0), missing, graph.integers(0)], { axis: 0 });
  const scalar = graph.node('Squeeze', [silence, graph.integers(0)]);
  return graph.node('Pad', [normalized(decades), pads, scalar]);
}

/** [FRAME_SAMPLES, real and imaginary part of each bin], with the window in it. */
function fourierMatrix(): Float32Array {
  const window = hannWindow();
  const matrix = new Float32Array(FRAME_SAMPLES * 2 * FREQUENCY_BINS);
  for (let n = 0; n < FRAME_SAMPLES; n++) {
    for (let k = 0; k < FREQUENCY_BINS; k++) {
      // The product is taken modulo a whole turn first: large angles lose digits.
      const angle = (2 * Math.PI * ((n * k) % FRAME_SAMPLES)) / FRAME_SAMPLES;
      matrix[n * 2 * FREQUENCY_BINS + k] = window[n]! * Math.cos(angle);
      matrix[n * 2 * FREQUENCY_BINS + FREQUENCY_BINS + k] = -window[n]! * Math.sin(angle);
    }
  }
  return matrix;
}

/** [FREQUENCY_BINS, melBins] */
function filterMatrix(melBins: number): Float32Array {
  const matrix = new Float32Array(FREQUENCY_BINS * melBins);
  melFilterBank(melBins).forEach(({ first, weights }, m) => {
    weights.forEach((weight, i) => {
      matrix[(first + i) * melBins + m] = weight;
    });
  });
  return matrix;
}
