import { KaiserWindow, sinc } from './kaiser-window';
import { SampleWindow } from './sample-window';

/**
 * Halves a sample rate and keeps what lies below a given frequency. A half-band filter (cut-off at a quarter of the
 * input rate) has zeros at every other tap and is symmetric, which leaves one multiplication in four.
 */
export class HalfBandDecimator {
  /** Taps at the offsets ±1, ±3, ±5, … from the centre, whose own is 1/2. */
  private readonly sideTaps: Float64Array;
  private readonly reach: number;
  private readonly window: SampleWindow;
  private inputLength = 0;
  private outputLength = 0;

  /**
   * @param protectedBand band to keep free of change and of aliases: from 0 to this many cycles per input sample,
   * below 1/4
   */
  constructor(protectedBand: number, attenuationDb: number) {
    const kaiser = new KaiserWindow(attenuationDb);
    const halfLength = kaiser.lengthFor(0.5 - 2 * protectedBand) / 2;
    const pairs = Math.ceil((halfLength + 1) / 2);
    this.reach = 2 * pairs - 1;
    const taps = Float64Array.from({ length: pairs }, (_, pair) => {
      const offset = 2 * pair + 1;
      return 0.5 * sinc(offset / 2) * kaiser.at(offset / (this.reach + 1));
    });
    // the side taps together weigh as much as the centre: a constant stays what it is
    const sum = taps.reduce((total, tap) => total + 2 * tap, 0);
    this.sideTaps = taps.map((tap) => (tap * 0.5) / sum);
    this.window = new SampleWindow(this.reach);
  }

  /** Takes the next samples and returns the output that they complete. */
  push(input: Float32Array | Float64Array): Float64Array {
    this.inputLength += input.length;
    this.window.append(input);
    return this.emit();
  }

  /** Ends the input and returns the rest of the output, ceil(inputLength / 2) samples in all. */
  finish(): Float64Array {
    const remaining = Math.ceil(this.inputLength / 2) - this.outputLength;
    this.window.appendZeros(2 * this.reach + 1);
    return this.emit().subarray(0, remaining);
  }

  private emit(): Float64Array {
    const { samples, length } = this.window;
    const taps = this.sideTaps;
    const pairs = taps.length;
    const output = new Float64Array(Math.max(0, Math.floor((length - 2 * this.reach - 1) / 2) + 1));
    for (let index = 0; index < output.length; index++) {
      const centre = 2 * index + this.reach;
      let sum = 0.5 * samples[centre]!;
      for (let pair = 0, offset = 1; pair < pairs; pair++, offset += 2) {
        sum += taps[pair]! * (samples[centre - offset]! + samples[centre + offset]!);
      }
      output[index] = sum;
    }
    this.window.drop(2 * output.length);
    this.outputLength += output.length;
    return output;
  }
}
