import { logSumExp } from '../../../service/src/whisper/log-sum-exp';

/** By the definition. */
function plainly(values: readonly number[]): number {
  const max = Math.max(...values);
  return max + Math.log(values.reduce((sum, value) => sum + Math.exp(value - max), 0));
}

describe('logSumExp', () => {
  it('is within 1e-10 of its definition at every distance from the largest value', () => {
    for (let distance = 0; distance <= 70; distance += 0.013) {
      const values = Float32Array.of(3, 3 - distance, 3 - distance / 3, -distance);
      expect(Math.abs(logSumExp(values) - plainly([...values]))).toBeLessThan(1e-10);
    }
  });

  it('is that of a range', () => {
    expect(logSumExp(Float32Array.of(50, 1, 2, 50), 1, 3)).toBeCloseTo(plainly([1, 2]), 10);
  });

  it('leaves out what was ruled out, and is -Infinity where all was or nothing is asked for', () => {
    expect(logSumExp(Float32Array.of(-Infinity, 1, -Infinity))).toBe(1);
    expect(logSumExp(Float32Array.of(-Infinity, -Infinity))).toBe(-Infinity);
    expect(logSumExp(Float32Array.of(1), 0, 0)).toBe(-Infinity);
  });

  it('does not overflow, and does not hide what is no number', () => {
    expect(logSumExp(Float32Array.of(1000, 1000))).toBeCloseTo(1000 + Math.log(2), 10);
    expect(logSumExp(Float32Array.of(1, NaN, 2))).toBeNaN();
    expect(logSumExp(Float32Array.of(1, Infinity))).not.toBe(1);
  });
});
