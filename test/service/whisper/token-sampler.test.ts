import { newTokenSampler } from '../../../service/src/whisper/token-sampler';
import { failureOf } from '../../support/failure-of';

const logits = Float32Array.from([1, 3, -Infinity, 2]);

test('temperature 0 takes the likeliest token, of equals the first', () => {
  expect(newTokenSampler(0, 0)(logits).token).toBe(1);
  expect(newTokenSampler(0, 0)(Float32Array.from([1, 2, 2])).token).toBe(1);
});

test('the log-probability is that of a softmax at temperature 1, at every temperature', () => {
  const expected = (token: number): number => logits[token]! - Math.log(Math.exp(1) + Math.exp(3) + Math.exp(2));
  for (const temperature of [0, 0.2, 1]) {
    const { token, logProb } = newTokenSampler(temperature, 5)(logits);
    expect(logProb).toBeCloseTo(expected(token), 6);
  }
});

test('above temperature 0 tokens are drawn as often as softmax(logits / temperature) says, never a suppressed one', () => {
  const temperature = 0.8;
  const sample = newTokenSampler(temperature, 42);
  const draws = 20_000;
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < draws; i++) counts[sample(logits).token]!++;
  const weights = [...logits].map((logit) => Math.exp(logit / temperature));
  const total = weights.reduce((a, b) => a + b);
  counts.forEach((count, token) => {
    expect(Math.abs(count / draws - weights[token]! / total)).toBeLessThan(0.01);
  });
  expect(counts[2]).toBe(0);
});

test('the same seed draws the same tokens, another seed others', () => {
  const flat = new Float32Array(100);
  const draw = (seed: number): number[] => {
    const sample = newTokenSampler(1, seed);
    return Array.from({ length: 20 }, () => sample(flat).token);
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});

test.each([
  ['not a number', [NaN, 1]],
  ['all suppressed', [-Infinity, -Infinity]],
  ['infinite', [Infinity, 1]],
])('logits that are %s are refused', (_, values) => {
  const failure = failureOf(() => newTokenSampler(0, 0)(Float32Array.from(values)));
  expect(failure).toMatchObject({ code: 'invalid_logits' });
});
