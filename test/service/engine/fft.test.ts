import fc from 'fast-check';
import { RealFft } from '../../../service/src/engine/fft';

/** The definition, term by term. */
function powerByDefinition(frame: Float64Array): number[] {
  return Array.from({ length: frame.length / 2 + 1 }, (_, k) => {
    let [re, im] = [0, 0];
    frame.forEach((value, t) => {
      re += value * Math.cos((2 * Math.PI * k * t) / frame.length);
      im -= value * Math.sin((2 * Math.PI * k * t) / frame.length);
    });
    return re * re + im * im;
  });
}

describe('RealFft', () => {
  it.each([8, 10, 20, 40, 100, 400])('gives the power spectrum of %i real samples', (length) => {
    const fft = new RealFft(length);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: length, maxLength: length }),
        (values) => {
          const frame = Float64Array.from(values);
          const power = new Float64Array(length / 2 + 1);
          fft.powerSpectrum(frame, power);
          powerByDefinition(frame).forEach((expected, k) => {
            expect(power[k]).toBeCloseTo(expected, 8);
          });
        },
      ),
      { numRuns: 20 },
    );
  });

  it('refuses a length that it has no butterflies for', () => {
    expect(() => new RealFft(14)).toThrow(/length 7/);
  });
});
