import { ResourceQuantity } from '../../../lib/policy/resource-quantity';

const parse = (text: string | number): ResourceQuantity => ResourceQuantity.parse(text)!;

describe('a resource quantity', () => {
  test.each([
    ['2', '2000m'],
    ['0.7', '700m'],
    ['.5', '500m'],
    ['1.', '1'],
    [2, '2'],
    ['1Ki', '1024'],
    ['1.5Gi', '1536Mi'],
    ['1k', '1e3'],
    ['1M', '1E6'],
    ['1E', '1000P'],
    ['1Ei', '1024Pi'],
    ['1u', '1000n'],
    ['0.0000000001', '1n'],
  ])('%s equals %s', (left, right) => {
    expect(parse(left).equals(parse(right))).toBe(true);
  });

  test.each([
    ['700M', '700Mi'],
    ['1', '1.000000001'],
    ['1m', '1M'],
  ])('%s does not equal %s', (left, right) => {
    expect(parse(left).equals(parse(right))).toBe(false);
  });

  test.each(['', '.', 'm', '-1', '1 Gi', '1gi', 'two', '1e', 'null'])('%j is none', (text) => {
    expect(ResourceQuantity.parse(text)).toBeUndefined();
  });

  test('what is not there is none', () => {
    expect(ResourceQuantity.parse(undefined)).toBeUndefined();
  });

  test('is whole or not, and zero is not', () => {
    expect(['1', '2000m', '3e0'].every((text) => parse(text).isWhole())).toBe(true);
    expect(['0', '1500m', '0.999999999', '1n'].some((text) => parse(text).isWhole())).toBe(false);
  });

  test('can be compared with a count', () => {
    expect(parse('2500m').toNumber()).toBe(2.5);
  });
});
