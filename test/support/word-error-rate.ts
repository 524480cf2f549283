import { normalizedWords } from '../../service/bench/calibration/word-alignment';

export interface WordErrors {
  readonly errors: number;
  readonly words: number;
}

/** Substitutions, insertions and deletions that turn the hypothesis into the reference. */
export function wordErrors(reference: string, hypothesis: string): WordErrors {
  const expected = normalizedWords(reference);
  const got = normalizedWords(hypothesis);
  let row = Array.from({ length: got.length + 1 }, (_, i) => i);
  expected.forEach((word, i) => {
    const next = [i + 1];
    got.forEach((other, j) => {
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (word === other ? 0 : 1)));
    });
    row = next;
  });
  return { errors: row.at(-1)!, words: expected.length };
}
