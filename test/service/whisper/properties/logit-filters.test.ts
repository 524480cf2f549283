import fc from 'fast-check';
import { SuppressBlank } from '../../../../service/src/whisper/logit-filters/suppress-blank';
import { SuppressTokens } from '../../../../service/src/whisper/logit-filters/suppress-tokens';
import { TimestampRules } from '../../../../service/src/whisper/logit-filters/timestamp-rules';
import { SPECIAL, timestamp } from '../small-vocabulary';
import { lawfulAnswers } from './answers';
import { logitsOf, logitsShape } from './awkward-logits';
import { seeded } from './seeded';
import { nextToken } from './stated-rules';

const FILTERS = [
  new SuppressBlank(SPECIAL.beginSuppress),
  new SuppressTokens([...SPECIAL.suppress, ...SPECIAL.languages.values(), SPECIAL.noTimestamps]),
  new TimestampRules(SPECIAL),
];

/** Texts that a rule may stumble over at the window's end, where one timestamp is left, or none. */
const nearTheEnd = fc.constantFrom(
  [timestamp(0), 1, timestamp(29.98), timestamp(29.98), 2],
  [timestamp(0), 1, timestamp(30), timestamp(30), 2],
  [timestamp(0), 1, timestamp(30)],
);
const anyText = fc.oneof(
  { weight: 1, arbitrary: nearTheEnd },
  { weight: 3, arbitrary: lawfulAnswers.map(([answer]) => answer!.tokens) },
);

test('the filters together leave exactly what the rules allow, with its logits as they were', () => {
  fc.assert(
    fc.property(logitsShape, anyText, fc.boolean(), (shape, sampled, allEqual) => {
      const before = logitsOf(allEqual ? { ...shape, noise: 0, timestampBonus: 0, endBonus: 0 } : shape)(sampled);
      const after = before.slice();
      for (const filter of FILTERS) filter.apply(after, sampled);
      const step = nextToken(before, sampled, true);
      fc.pre(!step.isOnEdge);
      const left = [...after.keys()].filter((token) => after[token]! > -Infinity);
      expect(left).toEqual([...before.keys()].filter((token) => step.mayCome(token)));
      expect(left.map((token) => after[token])).toEqual(left.map((token) => before[token]));
    }),
    seeded(250),
  );
});
