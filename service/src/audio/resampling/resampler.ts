import { HalfBandDecimator } from './half-band-decimator';
import { PolyphaseFilter } from './polyphase-filter';
import type { SampleBuffer } from '../sample-buffer';

/** Edges of the low-pass, as fractions of the Nyquist frequency of the slower of the two rates. */
const PASS_BAND_EDGE = 0.875;
const STOP_BAND_EDGE = 1.025;
const ATTENUATION_DB = 85;

/** Rates are halved as long as they stay above this multiple of the output rate: below, a half-band filter is steep. */
const MIN_RATIO_AFTER_HALVING = 1.25;

/**
 * Band-limited conversion between sample rates, in blocks, so that a long file never lies in memory at its own rate
 * (Smith, "Digital Audio Resampling", ccrma.stanford.edu/~jos/resample; Crochiere and Rabiner, "Multirate Digital
 * Signal Processing", 1983).
 *
 * Rates far above the output's are first halved by half-band filters, which are cheap; a polyphase filter does the
 * rest. Both are Kaiser-windowed sincs. Together, at 16 kHz:
 *
 * - flat within 0.02 dB to 7 kHz (from telephone audio at 8 kHz to 3.5 kHz; its band ends at 3.4), half at 7.6 kHz,
 * - at least 80 dB down from 8.2 kHz on, so that nothing folds back below 7.8 kHz,
 * - linear phase without delay: output k is the input at time k·inputRate/outputRate, silence beyond its ends,
 * - gain at 0 Hz exactly 1; samples bounded to [-1, 1].
 *
 * The output has ceil(inputLength · outputRate / inputRate) samples, the same whatever blocks the input came in.
 */
export class Resampler {
  private readonly decimators: readonly HalfBandDecimator[];
  private readonly filter: PolyphaseFilter;
  private inputLength = 0;
  private outputLength = 0;

  /** Rates in Hz, whole numbers. */
  constructor(
    private readonly inputRateHz: number,
    private readonly outputRateHz: number,
  ) {
    const nyquistHz = Math.min(inputRateHz, outputRateHz) / 2;
    const stopBandHz = STOP_BAND_EDGE * nyquistHz;
    const decimators: HalfBandDecimator[] = [];
    let rateHz = inputRateHz;
    while (rateHz / 2 >= MIN_RATIO_AFTER_HALVING * outputRateHz) {
      decimators.push(new HalfBandDecimator(stopBandHz / rateHz, ATTENUATION_DB));
      rateHz /= 2;
    }
    this.decimators = decimators;
    this.filter = new PolyphaseFilter(outputRateHz * 2 ** decimators.length, inputRateHz, {
      passBandEdge: (PASS_BAND_EDGE * nyquistHz) / rateHz,
      stopBandEdge: stopBandHz / rateHz,
      attenuationDb: ATTENUATION_DB,
    });
  }

  /** Length of the output for an input of `inputLength` samples. */
  outputLengthFor(inputLength: number): number {
    return Math.ceil((inputLength * this.outputRateHz) / this.inputRateHz);
  }

  /** Takes the next samples and appends to `output` what they complete. */
  push(input: Float32Array, output: SampleBuffer): void {
    this.inputLength += input.length;
    this.passOn(input, 0, output);
  }

  /** Ends the input: appends the rest of the output. */
  finish(output: SampleBuffer): void {
    for (const [stage, decimator] of this.decimators.entries()) this.passOn(decimator.finish(), stage + 1, output);
    this.filter.finish(this.outputLengthFor(this.inputLength) - this.outputLength, output);
  }

  private passOn(input: Float32Array | Float64Array, firstStage: number, output: SampleBuffer): void {
    let samples = input;
    for (const decimator of this.decimators.slice(firstStage)) samples = decimator.push(samples);
    this.outputLength += this.filter.push(samples, output);
  }
}
