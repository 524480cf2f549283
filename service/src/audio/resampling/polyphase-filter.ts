import { KaiserWindow, sinc } from './kaiser-window';
import type { SampleBuffer } from '../sample-buffer';
import { SampleWindow } from './sample-window';

/** A low-pass, its frequencies in cycles per input sample. */
export interface LowPass {
  readonly passBandEdge: number;
  readonly stopBandEdge: number;
  readonly attenuationDb: number;
}

/**
 * Most phases that are tabulated. The ratios of all common rates need fewer (11.025 kHz to 16 kHz: 640). Others are
 * interpolated linearly between neighbouring phases; at this density the error, (π/640)²/8 at most, is below -110 dB.
 */
const MAX_PHASES = 640;

/**
 * Changes a sample rate by any rational factor and band-limits at the same time: output k is the windowed-sinc
 * low-pass centred on input time k·down/up, so that nothing is delayed. Each phase of the filter sums to 1: a constant
 * stays exactly what it is.
 */
export class PolyphaseFilter {
  private readonly up: number;
  private readonly down: number;
  private readonly phases: number;
  private readonly taps: number;
  /** A row of `taps` coefficients a phase, and one row more so that the last phase has a neighbour. */
  private readonly coefficients: Float64Array;
  private readonly window: SampleWindow;
  /** Input position of the next output in the window: whole samples, and a fraction in units of 1/up. */
  private position = 0;
  private fraction = 0;

  /** @param up  output samples for every `down` input samples; both whole */
  constructor(up: number, down: number, lowPass: LowPass) {
    const divisor = greatestCommonDivisor(up, down);
    this.up = up / divisor;
    this.down = down / divisor;
    this.phases = Math.min(this.up, MAX_PHASES);
    const kaiser = new KaiserWindow(lowPass.attenuationDb);
    const reach = Math.ceil(kaiser.lengthFor(lowPass.stopBandEdge - lowPass.passBandEdge) / 2);
    this.taps = 2 * reach;
    this.coefficients = design(lowPass, kaiser, this.phases, reach);
    this.window = new SampleWindow(reach - 1);
  }

  /** Takes the next samples and appends to `output` what they complete; returns how many that were. */
  push(input: Float32Array | Float64Array, output: SampleBuffer): number {
    this.window.append(input);
    return this.emit(output, Number.POSITIVE_INFINITY);
  }

  /** Ends the input: appends `remaining` more samples, beyond the end of the signal taken as silence. */
  finish(remaining: number, output: SampleBuffer): void {
    let missing = remaining;
    while (missing > 0) {
      this.window.appendZeros(this.taps);
      missing -= this.emit(output, missing);
    }
  }

  private emit(output: SampleBuffer, limit: number): number {
    const { samples, length } = this.window;
    const { taps, coefficients, up, down, phases } = this;
    const inside = length - taps - this.position;
    const ready = inside < 0 ? 0 : Math.floor(((inside + 1) * up - 1 - this.fraction) / down) + 1;
    const room = output.extend(Math.min(ready, limit));
    const isExact = phases === up;
    const wholeStep = Math.floor(down / up);
    const fractionStep = down % up;
    for (let index = 0; index < room.length; index++) {
      const phase = isExact ? this.fraction : (this.fraction / up) * phases;
      const row = isExact ? phase : Math.floor(phase);
      let value = dotProduct(coefficients, row * taps, samples, this.position, taps);
      if (!isExact) {
        const next = dotProduct(coefficients, (row + 1) * taps, samples, this.position, taps);
        value += (next - value) * (phase - row);
      }
      room[index] = value > 1 ? 1 : value < -1 ? -1 : value; // a steep filter overshoots at clipped peaks
      this.position += wholeStep;
      this.fraction += fractionStep;
      if (this.fraction >= up) {
        this.fraction -= up;
        this.position++;
      }
    }
    const passed = Math.min(this.position, length);
    this.window.drop(passed);
    this.position -= passed;
    return room.length;
  }
}

function design(lowPass: LowPass, kaiser: KaiserWindow, phases: number, reach: number): Float64Array {
  const bandwidth = lowPass.passBandEdge + lowPass.stopBandEdge; // twice the cut-off, which lies in the middle
  const taps = 2 * reach;
  const coefficients = new Float64Array((phases + 1) * taps);
  for (let phase = 0; phase <= phases; phase++) {
    const row = coefficients.subarray(phase * taps, (phase + 1) * taps);
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const time = tap - (reach - 1) - phase / phases;
      row[tap] = sinc(bandwidth * time) * kaiser.at(time / reach);
      sum += row[tap]!;
    }
    for (let tap = 0; tap < taps; tap++) row[tap]! /= sum;
  }
  return coefficients;
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

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
