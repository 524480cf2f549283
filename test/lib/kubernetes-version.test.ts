import { KubernetesVersion } from '../../lib/kubernetes-version';
import { PropFaults } from '../../lib/prop-faults';
import { failure, synthesize } from './synthesize';

const parse = (text?: string): KubernetesVersion => KubernetesVersion.parse(text, new PropFaults());

describe('the Kubernetes version', () => {
  test('is 1.28 where nothing is said', () => {
    expect(String(parse())).toBe('1.28');
  });

  test.each([
    ['1.28', 28],
    ['1.37', 37],
    ['v1.30', 30],
    ['1.33.4', 33],
    ['v1.33.4-gke.100', 33],
    ['1.31.2+k3s1', 31],
    ['1.100', 100],
  ])('%s has the minor version %d', (text, minor) => {
    expect(parse(text).minor).toBe(minor);
    expect(String(parse(text))).toBe(`1.${minor}`);
  });

  test('has what came in it and before it, and nothing later', () => {
    expect([29, 30, 31].map((minor) => parse('1.30').atLeast(minor))).toEqual([true, true, false]);
  });

  test.each(['1.27', '1.9', '2.30', '30', '1', '1.x', '1.30rc', 'latest', ''])('%j is refused', (text) => {
    expect(failure(() => synthesize({ kubernetesVersion: text }))).toContain(
      `[kubernetes-version-invalid] kubernetesVersion is ${JSON.stringify(text)}: it must be 1.28 or later, as "1.30": ` +
        'the oldest version of the clusters that are deployed to.',
    );
  });
});
