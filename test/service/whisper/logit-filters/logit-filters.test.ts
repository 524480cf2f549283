import fc from 'fast-check';
import type { LogitFilter } from '../../../../service/src/whisper/logit-filters/logit-filter';
import { SuppressBlank } from '../../../../service/src/whisper/logit-filters/suppress-blank';
import { SuppressTokens } from '../../../../service/src/whisper/logit-filters/suppress-tokens';
import { TimestampRules } from '../../../../service/src/whisper/logit-filters/timestamp-rules';
import { logitsWith, randomLogits } from '../fake-model';
import { SPECIAL, timestamp } from '../small-vocabulary';

const { endOfText, noTimestamps, timestampBegin } = SPECIAL;

function allowed(logits: Float32Array): number[] {
  return [...logits.keys()].filter((token) => logits[token] !== -Infinity);
}

/** Tokens that the timestamp rules leave after `sampled`, where all are alike but text is likely enough to stand. */
function allowedAfter(sampled: readonly number[]): number[] {
  const logits = logitsWith({ 1: 30, [endOfText]: 30 });
  new TimestampRules(SPECIAL).apply(logits, sampled);
  return allowed(logits);
}

function timestamps(fromS: number, toS: number): number[] {
  return Array.from({ length: Math.round((toS - fromS) * 50) + 1 }, (_, i) => timestamp(fromS) + i);
}

describe('SuppressTokens', () => {
  test('rules its tokens out at every step, and no other', () => {
    const filter: LogitFilter = new SuppressTokens([3, 5]);
    for (const sampled of [[], [1, 2]]) {
      const logits = logitsWith({});
      filter.apply(logits, sampled);
      expect(logits[3]).toBe(-Infinity);
      expect(logits[5]).toBe(-Infinity);
      expect(allowed(logits)).toHaveLength(logits.length - 2);
    }
  });
});

describe('SuppressBlank', () => {
  test('rules its tokens out at the first step alone', () => {
    const filter = new SuppressBlank([0, endOfText]);
    const first = logitsWith({});
    filter.apply(first, []);
    expect(first[0]).toBe(-Infinity);
    expect(first[endOfText]).toBe(-Infinity);
    const second = logitsWith({});
    filter.apply(second, [1]);
    expect(allowed(second)).toHaveLength(second.length);
  });
});

describe('TimestampRules', () => {
  test('the first token is a timestamp of at most 1.0 s', () => {
    expect(allowedAfter([])).toEqual(timestamps(0, 1));
  });

  test('after the opening timestamp comes anything but a timestamp', () => {
    const tokens = allowedAfter([timestamp(0.5)]);
    expect(tokens).toContain(1);
    expect(tokens).toContain(endOfText);
    expect(tokens.filter((token) => token >= timestampBegin)).toEqual([]);
  });

  test('after a closing timestamp comes an opening one, not before it, or the end', () => {
    expect(allowedAfter([timestamp(0), 1, timestamp(29)])).toEqual([endOfText, ...timestamps(29, 30)]);
  });

  test('after the opening timestamp of a later segment comes text', () => {
    const tokens = allowedAfter([timestamp(0), 1, timestamp(2), timestamp(2)]);
    expect(tokens.filter((token) => token >= timestampBegin)).toEqual([]);
  });

  test('a segment ends after its start', () => {
    const tokens = allowedAfter([timestamp(0), 1, timestamp(29), timestamp(29), 2, 3]);
    expect(tokens.filter((token) => token >= timestampBegin)).toEqual(timestamps(29.02, 30));
  });

  test('behind 30.00 s no segment can end: only text and the end of the text are left', () => {
    const tokens = allowedAfter([timestamp(0), 1, timestamp(30), timestamp(30), 2]);
    expect(tokens.filter((token) => token >= timestampBegin)).toEqual([]);
    expect(tokens).toContain(endOfText);
  });

  test('the token against timestamps is never allowed', () => {
    for (const sampled of [[], [timestamp(0)], [timestamp(0), 1]]) {
      expect(allowedAfter(sampled)).not.toContain(noTimestamps);
    }
  });

  test('where all timestamps together are likelier than the likeliest other token, only they are left', () => {
    // e^1 for text against 1501 timestamps of e^-6 each, 3.72 together; of e^-7 each they come to 1.37.
    const sampled = [timestamp(0), 1];
    const withTimestampsAt = (logit: number): Float32Array => {
      const logits = logitsWith({});
      logits.fill(-20, 0, timestampBegin);
      logits[2] = 1;
      logits.fill(logit, timestampBegin);
      new TimestampRules(SPECIAL).apply(logits, sampled);
      return logits;
    };
    expect(allowed(withTimestampsAt(-6))).toEqual(timestamps(0.02, 30));
    expect(allowed(withTimestampsAt(-7))).toContain(2);
  });

  test('the sum rule agrees with plain probabilities on random logits', () => {
    let onlyTimestamps = 0;
    let textStands = 0;
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 1400 }), (seed, start) => {
        const logits = randomLogits(seed);
        const sampled = [timestampBegin + Math.min(start, 50), 1];
        // Reference: all exponentials as they are. Timestamps up to the opening one are out, as is <|notimestamps|>.
        const firstLeft = sampled[0]! + 1;
        const mass = [...logits.subarray(firstLeft)].reduce((sum, logit) => sum + Math.exp(logit), 0);
        const others = [...logits.subarray(0, timestampBegin)].filter((_, token) => token !== noTimestamps);
        const likeliest = Math.exp(Math.max(...others));
        fc.pre(Math.abs(mass / likeliest - 1) > 1e-6);
        new TimestampRules(SPECIAL).apply(logits, sampled);
        const tokens = allowed(logits);
        if (mass > likeliest) {
          onlyTimestamps++;
          expect(tokens).toEqual(timestamps((firstLeft - timestampBegin) / 50, 30));
        } else {
          textStands++;
          expect(tokens).toHaveLength(timestampBegin - 1 + 1501 - (firstLeft - timestampBegin));
        }
      }),
      { numRuns: 200 },
    );
    expect(Math.min(onlyTimestamps, textStands)).toBeGreaterThan(10);
  });
});
