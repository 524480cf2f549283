import fc from 'fast-check';
import { Resampler } from '../../../../service/src/audio/resampling/resampler';
import { SampleBuffer } from '../../../../service/src/audio/sample-buffer';
import { largestDifference, noise, rms, sine } from '../../../support/signals';

const OUTPUT_RATE = 16_000;
const RATES = [8_000, 11_025, 12_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000, 44_101, 7_999];

function resample(input: Float32Array, rateHz: number, blockLength = input.length): Float32Array {
  const resampler = new Resampler(rateHz, OUTPUT_RATE);
  const output = new SampleBuffer();
  for (let at = 0; at < input.length; at += blockLength) {
    resampler.push(input.subarray(at, at + blockLength), output);
  }
  resampler.finish(output);
  return output.take();
}

/** Without the ends, where the signal begins and stops abruptly. */
function inner(samples: Float32Array): Float32Array {
  return samples.subarray(OUTPUT_RATE / 16, samples.length - OUTPUT_RATE / 16);
}

function gainDb(frequencyHz: number, rateHz: number): number {
  const output = inner(resample(sine(frequencyHz, rateHz, rateHz / 4), rateHz));
  return 20 * Math.log10(rms(output) / (0.5 * Math.SQRT1_2) + 1e-9);
}

describe.each(RATES)('from %i Hz', (rateHz) => {
  const nyquistHz = Math.min(rateHz, OUTPUT_RATE) / 2;

  test('the pass band is flat within 0.02 dB up to 0.875 of the Nyquist frequency', () => {
    for (const part of [0.01, 0.1, 0.25, 0.5, 0.75, 0.8, 0.85, 0.875]) {
      expect(Math.abs(gainDb(part * nyquistHz, rateHz))).toBeLessThan(0.02);
    }
  });

  test('what would fold back into the band is 80 dB down', () => {
    const tones = [1.03, 1.1, 1.3, 1.7, 2, 2.5, 2.9, 3.5, 5, 5.9, 9, 11.5].map((part) => part * (OUTPUT_RATE / 2));
    const audible = tones.filter((frequencyHz) => frequencyHz < rateHz / 2);
    for (const frequencyHz of audible) expect(gainDb(frequencyHz, rateHz)).toBeLessThan(-80);
  });

  test('a tone keeps its phase: nothing is delayed', () => {
    const frequencyHz = 0.37 * nyquistHz;
    const output = resample(sine(frequencyHz, rateHz, rateHz / 4), rateHz);
    const expected = sine(frequencyHz, OUTPUT_RATE, output.length);
    expect(largestDifference(inner(output), inner(expected))).toBeLessThan(5e-4);
  });

  test('a constant stays what it is', () => {
    const output = inner(resample(new Float32Array(rateHz).fill(0.25), rateHz));
    expect(largestDifference(output, new Float32Array(output.length).fill(0.25))).toBeLessThan(1e-6);
  });
});

test('images of telephone audio above its band are 80 dB down', () => {
  const output = inner(resample(sine(3_000, 8_000, 8_000), 8_000));
  const expected = inner(sine(3_000, OUTPUT_RATE, OUTPUT_RATE));
  expect(rms(output.map((value, index) => value - expected[index]!)) / rms(expected)).toBeLessThan(1e-4);
});

test('the output has ceil(length · 16000 / rate) samples', () => {
  const cases = fc.tuple(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 1_000, max: 200_000 }));
  fc.assert(
    fc.property(cases, ([length, rateHz]) => {
      expect(resample(new Float32Array(length), rateHz)).toHaveLength(Math.ceil((length * OUTPUT_RATE) / rateHz));
    }),
    { numRuns: 25 },
  );
});

test('the output does not depend on how the input is cut into blocks', () => {
  const cases = fc.record({
    rateHz: fc.constantFrom(8_000, 11_025, 44_100, 48_000, 96_000, 44_101),
    length: fc.integer({ min: 1, max: 4_000 }),
    blockLength: fc.integer({ min: 1, max: 500 }),
  });
  fc.assert(
    fc.property(cases, ({ rateHz, length, blockLength }) => {
      const input = noise(length, 0.5);
      expect(resample(input, rateHz, blockLength)).toEqual(resample(input, rateHz));
    }),
    { numRuns: 25 },
  );
});

test('full-scale square waves stay inside [-1, 1]', () => {
  const square = Float32Array.from({ length: 44_100 }, (_, index) => (index % 100 < 50 ? 1 : -1));
  expect(resample(square, 44_100).every((sample) => sample >= -1 && sample <= 1)).toBe(true);
});
