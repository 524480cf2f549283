import { Warnings } from '../../lib/warnings';
import { synthesize } from './synthesize';

describe('warnings', () => {
  test('are listed in the order in which they came, each behind its code', () => {
    const warnings = new Warnings();
    warnings.add('first', 'One.');
    warnings.add('second', 'Two.');

    expect(warnings.list()).toEqual(['[first] One.', '[second] Two.']);
  });

  test('cannot be changed from outside', () => {
    const { service } = synthesize();
    const before = service.warnings;
    service.warnings.push('not mine');

    expect(service.warnings).toEqual(before);
  });
});
