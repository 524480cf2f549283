/** Whisper's BasicTextNormalizer (openai/whisper `normalizers/basic.py`), as words. */
export function normalizedWords(text: string): readonly string[] {
  return text
    .toLowerCase()
    .replace(/[<[][^>\]]*[>\]]/g, '')
    .replace(/\(([^)]+?)\)/g, '')
    .normalize('NFKC')
    .replace(/[\p{M}\p{S}\p{P}]/gu, ' ')
    .split(/\s+/)
    .filter(Boolean);
}

/** How a transcript differs from what was said. */
export interface WordAlignment {
  /** Of each word of the transcript, whether it was said there: neither a substitution nor an insertion. */
  readonly isCorrect: readonly boolean[];
  readonly substitutions: number;
  readonly insertions: number;
  readonly deletions: number;
}

/**
 * Aligns a transcript with the reference so that they differ in as few words as possible (Levenshtein), and of equally
 * short ways so that as many words as possible are the same.
 */
export function alignWords(reference: readonly string[], hypothesis: readonly string[]): WordAlignment {
  const error = reference.length + 1; // more than all words that could be the same
  const isSame = (i: number, j: number): boolean => reference[i - 1] === hypothesis[j - 1];
  const pairCost = (i: number, j: number): number => (isSame(i, j) ? -1 : error);
  // cost[i][j] of the first i words said and the first j written.
  const cost = [Array.from({ length: hypothesis.length + 1 }, (_, j) => j * error)];
  for (let i = 1; i <= reference.length; i++) {
    const above = cost[i - 1]!;
    const row = [i * error];
    for (let j = 1; j <= hypothesis.length; j++) {
      row.push(Math.min(above[j - 1]! + pairCost(i, j), above[j]! + error, row[j - 1]! + error));
    }
    cost.push(row);
  }
  const isCorrect = hypothesis.map(() => false);
  let [substitutions, insertions, deletions] = [0, 0, 0];
  let [i, j] = [reference.length, hypothesis.length];
  while (i > 0 || j > 0) {
    const here = cost[i]![j]!;
    if (i > 0 && j > 0 && here === cost[i - 1]![j - 1]! + pairCost(i, j)) {
      if (isSame(i, j)) isCorrect[j - 1] = true;
      else substitutions++;
      [i, j] = [i - 1, j - 1];
    } else if (j > 0 && here === cost[i]![j - 1]! + error) {
      insertions++;
      j--;
    } else {
      deletions++;
      i--;
    }
  }
  return { isCorrect, substitutions, insertions, deletions };
}
