import { loadSeconds } from '../../../lib/planning/model-load';

describe('the time to load a model', () => {
  test.each([
    ['tiny', 'int8', 12],
    ['tiny.en', 'fp32', 18],
    ['base', 'int8', 14],
    ['base.en', 'fp32', 25],
    ['small', 'int8', 23],
    ['small.en', 'fp32', 59],
  ] as const)('of %s in %s is %d s', (folder, quantization, seconds) => {
    expect(loadSeconds(folder, quantization)).toBe(seconds);
  });

  test.each(['', 'medical', 'tiny.entry', '.en'])('of %j is not known', (folder) => {
    expect(loadSeconds(folder, 'int8')).toBeUndefined();
  });
});
