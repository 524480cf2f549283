import fc from 'fast-check';
import { blockInt8, BLOCK_ZERO, channelInt8 } from '../../../service/src/compiler/quantization';
import type { Matrix } from '../../../service/src/compiler/whisper-weights';
import { seeded } from '../whisper/properties/seeded';

/** Rows of weights of any magnitude, some of them nothing but zeros. */
const matrices = fc
  .record({
    outputs: fc.integer({ min: 1, max: 5 }),
    inputs: fc.constantFrom(16, 32, 48, 128, 160, 384),
    exponent: fc.integer({ min: -30, max: 4 }),
    seed: fc.integer({ min: 1, max: 2 ** 31 }),
    zeroRow: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ outputs, inputs, exponent, seed, zeroRow }): Matrix => {
    let state = seed;
    const data = Float32Array.from({ length: outputs * inputs }, (_, at) => {
      state = (Math.imul(1_664_525, state) + 1_013_904_223) >>> 0;
      return Math.floor(at / inputs) === zeroRow ? 0 : (state / 2 ** 31 - 1) * 2 ** exponent;
    });
    return { outputs, inputs, data };
  });

/** How far a weight may be from what it was quantized to: half a step, and what rounding in single precision adds. */
const HALF_A_STEP = 0.5 + 1e-4;

describe('weights in 8 bits', () => {
  it.each([127, 63])('with a scale for each output are within half a step, and use no more than %i', (largest) => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        const { data, scales } = channelInt8(matrix, largest);
        for (let o = 0; o < matrix.outputs; o++) {
          for (let i = 0; i < matrix.inputs; i++) {
            const quantized = data[i * matrix.outputs + o]!;
            expect(Math.abs(quantized)).toBeLessThanOrEqual(largest);
            const error = Math.abs(quantized * scales[o]! - matrix.data[o * matrix.inputs + i]!);
            expect(error).toBeLessThanOrEqual(HALF_A_STEP * scales[o]!);
          }
        }
      }),
      seeded(100),
    );
  });

  it('with a scale for each block are within half a step', () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        const { data, scales, blocks, blockSize } = blockInt8(matrix);
        expect(blocks * blockSize).toBe(matrix.inputs);
        matrix.data.forEach((weight, at) => {
          const scale = scales[Math.floor(at / blockSize)]!;
          expect(Math.abs((data[at]! - BLOCK_ZERO) * scale - weight)).toBeLessThanOrEqual(HALF_A_STEP * scale);
        });
      }),
      seeded(100),
    );
  });

  it('come in blocks of 128 where they fit, in smaller ones where not, and not at all where none fits', () => {
    const sizeOf = (inputs: number): number =>
      blockInt8({ outputs: 1, inputs, data: new Float32Array(inputs) }).blockSize;
    expect([384, 160, 48].map(sizeOf)).toEqual([128, 32, 16]);
    expect(() => sizeOf(40)).toThrow('blocks of 16 do not fit into 40 inputs');
  });
});
