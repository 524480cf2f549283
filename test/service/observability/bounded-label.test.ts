import { BoundedLabel } from '../../../service/src/observability/bounded-label';

describe('a bounded label', () => {
  it('takes the values of a closed set, and says other of all else', () => {
    const reason = new BoundedLabel({ oneOf: ['crash', 'hang'] });
    expect(['crash', 'hang', 'boredom', 'crash'].map((value) => reason.of(value))).toEqual([
      'crash',
      'hang',
      'other',
      'crash',
    ]);
  });

  it('takes the first values that come while there is room, and keeps them', () => {
    const key = new BoundedLabel({ atMost: 2 });
    expect(['a', 'b', 'c', 'a', 'b', 'd'].map((value) => key.of(value))).toEqual([
      'a',
      'b',
      'other',
      'a',
      'b',
      'other',
    ]);
  });
});
