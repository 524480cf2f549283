import type { SampleBuffer } from './sample-buffer';

/**
 * Band-limited conversion between sample rates: a windowed-sinc low-pass evaluated as a polyphase filter (Smith,
 * "Digital Audio Resampling", ccrma.stanford.edu/~jos/resample; Crochiere and Rabiner, "Multirate Digital Signal
 * Processing", 1983), in blocks, so that a long file never lies in memory at its own rate.
 *
 * Design, as fractions of the Nyquist frequency of the slower of the two rates:
 *
 * - flat to 0.875 (7 kHz at 16 kHz, 3.5 kHz for telephone audio, whose band ends at 3.4 kHz), half at 0.95,
 * - at least 85 dB down from 1.025 on, so that what folds back into the band below 0.975 is inaudible,
 * - Kaiser window, its length and beta from attenuation and transition width by Kaiser's formulas (Oppenheim and
 *   Schafer, "Discrete-Time Signal Processing", 7.5.3),
 * - linear phase without delay: output k is the value at input time k·inputRate/outputRate, and the signal is zero
 *   beyond its ends,
 * - every phase sums to 1, so that a constant stays exactly constant.
 *
 * The length of the output is ceil(inputLength · outputRate / inputRate), however the input was cut into blocks.
 */
export class Resampler {
  /** Input samples that one output sample advances, as a whole part and a fraction of `this.up`. */
  private readonly up: number;
  private readonly down: number;
  private readonly phases: number;
  private readonly halfTaps: number;
  /** One row of 2·halfTaps coefficients a phase, and one row more so that the last phase has a neighbour. */
  private readonly coefficients: Float64Array;
  /** Window onto the input, at double precision: converting each sample once is cheaper than at every tap. */
  private window: Float64Array;
  private windowLength: number;
  /** Input position of the next output sample, relative to the window's beginning: whole part and numerator. */
  private position = 0;
  private fraction = 0;
  private inputLength = 0;
  private outputLength = 0;

  constructor(inputRateHz: number, outputRateHz: number) {
    const divisor = greatestCommonDivisor(inputRateHz, outputRateHz);
    this.up = outputRateHz / divisor;
    this.down = inputRateHz / divisor;
    this.phases = Math.min(this.up, MAX_PHASES);
    const { halfTaps, coefficients } = designFilter(inputRateHz, outputRateHz, this.phases);
    this.halfTaps = halfTaps;
    this.coefficients = coefficients;
    // halfTaps - 1 zeros stand before the first sample: the first output's filter begins there
    this.window = new Float64Array(2 * halfTaps + BLOCK_SAMPLES);
    this.windowLength = halfTaps - 1;
  }

  /** Length of the output for an input of `inputLength` samples. */
  outputLengthFor(inputLength: number): number {
    return Math.ceil((inputLength * this.up) / this.down);
  }

  /** Takes the next samples and appends to `output` what they complete. */
  push(input: Float32Array, output: SampleBuffer): void {
    this.inputLength += input.length;
    for (let at = 0; at < input.length; at += BLOCK_SAMPLES) {
      const block = input.subarray(at, at + BLOCK_SAMPLES);
      this.append(block, block.length);
      this.emit(output, Number.POSITIVE_INFINITY);
    }
  }

  /** Ends the input: appends the rest of the output. */
  finish(output: SampleBuffer): void {
    let remaining = this.outputLengthFor(this.inputLength) - this.outputLength;
    while (remaining > 0) {
      this.append(SILENCE, this.halfTaps);
      remaining -= this.emit(output, remaining);
    }
  }

  private append(samples: Float32Array, count: number): void {
    const room = this.windowLength + count;
    if (room > this.window.length) {
      const grown = new Float64Array(room);
      grown.set(this.window.subarray(0, this.windowLength));
      this.window = grown;
    }
    this.window.fill(0, this.windowLength, room);
    this.window.set(samples.subarray(0, count), this.windowLength);
    this.windowLength = room;
  }

  /** Computes the output samples whose filters lie inside the window, at most `limit`, and moves the window on. */
  private emit(output: SampleBuffer, limit: number): number {
    const taps = 2 * this.halfTaps;
    const inside = this.windowLength - taps - this.position;
    const ready = inside < 0 ? 0 : Math.floor(((inside + 1) * this.up - 1 - this.fraction) / this.down) + 1;
    const count = Math.min(ready, limit);
    const room = output.extend(count);
    const isExact = this.phases === this.up;
    for (let index = 0; index < count; index++) {
      const phase = isExact ? this.fraction : (this.fraction / this.up) * this.phases;
      const row = Math.floor(phase);
      let value = dotProduct(this.coefficients, row * taps, this.window, this.position, taps);
      if (!isExact) {
        const next = dotProduct(this.coefficients, (row + 1) * taps, this.window, this.position, taps);
        value += (next - value) * (phase - row);
      }
      room[index] = Math.max(-1, Math.min(1, value));
      this.fraction += this.down;
      const whole = Math.floor(this.fraction / this.up);
      this.position += whole;
      this.fraction -= whole * this.up;
    }
    const passed = Math.min(this.position, this.windowLength);
    this.window.copyWithin(0, passed, this.windowLength);
    this.windowLength -= passed;
    this.position -= passed;
    this.outputLength += count;
    return count;
  }
}

/** Transition band and attenuation; see {@link Resampler}. */
const PASS_BAND_EDGE = 0.875;
const STOP_BAND_EDGE = 1.025;
const ATTENUATION_DB = 85;

/**
 * Most phases that are tabulated. The ratios of all common rates need fewer (11.025 kHz needs 640); others are
 * interpolated linearly between neighbouring phases, whose error at this number lies below -100 dB.
 */
const MAX_PHASES = 640;

const BLOCK_SAMPLES = 4096;
const SILENCE = new Float32Array(0);

function designFilter(
  inputRateHz: number,
  outputRateHz: number,
  phases: number,
): { halfTaps: number; coefficients: Float64Array } {
  // all frequencies in cycles per input sample
  const nyquist = Math.min(inputRateHz, outputRateHz) / inputRateHz / 2;
  const cutOff = (nyquist * (PASS_BAND_EDGE + STOP_BAND_EDGE)) / 2;
  const transition = nyquist * (STOP_BAND_EDGE - PASS_BAND_EDGE);
  const beta = 0.1102 * (ATTENUATION_DB - 8.7);
  const length = (ATTENUATION_DB - 7.95) / (2.285 * 2 * Math.PI * transition);
  const halfTaps = Math.ceil(length / 2);
  const taps = 2 * halfTaps;
  const coefficients = new Float64Array((phases + 1) * taps);
  const scale = 1 / besselI0(beta);
  for (let phase = 0; phase <= phases; phase++) {
    const row = coefficients.subarray(phase * taps, (phase + 1) * taps);
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const time = tap - (halfTaps - 1) - phase / phases;
      const edge = 1 - (time / halfTaps) ** 2;
      const window = edge > 0 ? besselI0(beta * Math.sqrt(edge)) * scale : 0;
      const value = 2 * cutOff * sinc(2 * cutOff * time) * window;
      row[tap] = value;
      sum += value;
    }
    for (let tap = 0; tap < taps; tap++) row[tap]! /= sum;
  }
  return { halfTaps, coefficients };
}

/** Four sums side by side, so that additions do not wait for one another. */
function dotProduct(a: Float64Array, aStart: number, b: Float64Array, bStart: number, length: number): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let index = 0;
  for (; index + 3 < length; index += 4) {
    sum0 += a[aStart + index]! * b[bStart + index]!;
    sum1 += a[aStart + index + 1]! * b[bStart + index + 1]!;
    sum2 += a[aStart + index + 2]! * b[bStart + index + 2]!;
    sum3 += a[aStart + index + 3]! * b[bStart + index + 3]!;
  }
  for (; index < length; index++) sum0 += a[aStart + index]! * b[bStart + index]!;
  return sum0 + sum1 + (sum2 + sum3);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Modified Bessel function of the first kind, order 0, by its power series (Abramowitz and Stegun, 9.6.12). */
function besselI0(x: number): number {
  const quarter = (x * x) / 4;
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
