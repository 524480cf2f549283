import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { LOGITS_BINARY } from '../../../../service/src/whisper/logits/logits-binary';
import { largestOf, logSumExp, peakOf } from '../../../../service/src/whisper/logits/logits';
import { SeededRandom } from '../../../../service/bench/load/seeded-random';
import { REPOSITORY } from '../../../support/built';

const VOCABULARY = 51_865;
/** What is promised of a log-sum-exp. */
const CLOSE = 2e-7;

/** By the definition, in double precision. */
function plainly(values: Iterable<number>): number {
  const all = [...values];
  const max = all.reduce((a, b) => Math.max(a, b));
  return max + Math.log(all.reduce((sum, value) => sum + Math.exp(value - max), 0));
}

test('the binary is what its source is assembled to', () => {
  const script = path.join(REPOSITORY, 'service/src/whisper/logits/write-binary.mjs');
  const code = `import(${JSON.stringify(script)}).then(async ({ assembled }) => process.stdout.write((await assembled()).toString('base64')))`;
  expect(execFileSync(process.execPath, ['--eval', code], { encoding: 'utf8' })).toBe(LOGITS_BINARY);
});

describe('logSumExp', () => {
  it('is close to its definition at every distance from the largest value', () => {
    for (let distance = 0; distance <= 100; distance += 0.013) {
      const values = Float32Array.of(3, 3 - distance, 3 - distance / 3, -distance, -distance / 7);
      expect(Math.abs(logSumExp(values) - plainly(values))).toBeLessThan(CLOSE);
    }
  });

  it.each([1, 5, 30])('is close to its definition over a vocabulary of logits in ±%i', (measure) => {
    const random = new SeededRandom(measure);
    const logits = Float32Array.from({ length: VOCABULARY }, () => measure * (2 * random.next() - 1));
    expect(Math.abs(logSumExp(logits) - plainly(logits))).toBeLessThan(CLOSE);
  });

  it('is that of as many values as there are, whatever was there before', () => {
    logSumExp(new Float32Array(100).fill(50));
    for (let length = 1; length <= 9; length++) {
      const values = Float32Array.from({ length }, (_, i) => i / 3);
      expect(Math.abs(logSumExp(values) - plainly(values))).toBeLessThan(CLOSE);
    }
  });

  it('is that of more than fit in at first', () => {
    const values = Float32Array.from({ length: 300_001 }, (_, i) => -(i % 13));
    expect(Math.abs(logSumExp(values) - plainly(values))).toBeLessThan(CLOSE);
  });

  it('leaves out what was ruled out, and is -Infinity where all was or there is nothing', () => {
    expect(logSumExp(Float32Array.of(-Infinity, 1, -Infinity))).toBeCloseTo(1, 6);
    expect(logSumExp(Float32Array.of(-Infinity, -Infinity))).toBe(-Infinity);
    expect(logSumExp(new Float32Array(0))).toBe(-Infinity);
  });

  it('does not overflow, and does not hide what is no number', () => {
    expect(logSumExp(Float32Array.of(1000, 1000))).toBeCloseTo(1000 + Math.log(2), 4);
    for (let place = 0; place < 6; place++) {
      expect(logSumExp(new Float32Array(6).fill(1).fill(NaN, place, place + 1))).toBeNaN();
      expect(logSumExp(new Float32Array(6).fill(-Infinity).fill(NaN, place, place + 1))).toBeNaN();
    }
    expect(Number.isFinite(logSumExp(Float32Array.of(1, Infinity)))).toBe(false);
  });
});

describe('the largest', () => {
  it('is found at every place, of equals the first', () => {
    for (let length = 1; length <= 11; length++) {
      for (let place = 0; place < length; place++) {
        const values = Float32Array.from({ length }, (_, i) => (i < place ? -i - 1 : 2));
        expect(peakOf(values).token).toBe(place);
        expect(largestOf(values)).toBe(2);
      }
    }
  });

  it('is the one at 0 where all was ruled out', () => {
    expect(peakOf(new Float32Array(7).fill(-Infinity))).toEqual({ token: 0, logSumExp: -Infinity });
    expect(largestOf(new Float32Array(0))).toBe(-Infinity);
  });

  it('comes with what all come to', () => {
    const values = Float32Array.of(1, 4, 2, 3, 0);
    expect(peakOf(values)).toEqual({ token: 1, logSumExp: logSumExp(values) });
  });
});
