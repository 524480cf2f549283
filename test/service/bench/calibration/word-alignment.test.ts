import fc from 'fast-check';
import { alignWords, normalizedWords } from '../../../../service/bench/calibration/word-alignment';
import { wordErrors } from '../../../support/word-error-rate';

const align = (reference: string, hypothesis: string): ReturnType<typeof alignWords> =>
  alignWords(normalizedWords(reference), normalizedWords(hypothesis));

describe('aligning a transcript with what was said', () => {
  it('calls a substituted and an inserted word wrong, and counts a missing one', () => {
    expect(align('Call my mother at eight thirty.', 'Call my brother please at thirty.')).toEqual({
      isCorrect: [true, true, false, false, true, true],
      substitutions: 1,
      insertions: 1,
      deletions: 1,
    });
  });

  it('hears nothing, or hears it where nothing is said', () => {
    expect(align('Two words', '')).toEqual({ isCorrect: [], substitutions: 0, insertions: 0, deletions: 2 });
    expect(align('', 'Two words')).toMatchObject({ isCorrect: [false, false], insertions: 2 });
  });

  it('finds as many errors as the word error rate counts, and agrees with itself', () => {
    const text = fc.array(fc.constantFrom('one', 'two', 'three'), { maxLength: 8 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(text, text, (reference, hypothesis) => {
        const { isCorrect, substitutions, insertions, deletions } = align(reference, hypothesis);
        const right = isCorrect.filter(Boolean).length;

        expect(substitutions + insertions + deletions).toBe(wordErrors(reference, hypothesis).errors);
        expect(right + substitutions + insertions).toBe(normalizedWords(hypothesis).length);
        expect(right + substitutions + deletions).toBe(normalizedWords(reference).length);
      }),
    );
  });
});
