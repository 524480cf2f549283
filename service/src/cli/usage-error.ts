/** Wrong usage, in words for the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'usage_invalid';
}

/** Bounds of an option's value. */
export interface NumberRange {
  readonly min: number;
  readonly max: number;
  /** Whether fractions are refused. */
  readonly whole?: boolean;
}

/**
 * The number that an option's text stands for; undefined where it was not given.
 *
 * @throws UsageError
 */
export function numberOption(flag: string, text: string | undefined, range: NumberRange): number | undefined {
  if (text === undefined) return undefined;
  const { min, max, whole = false } = range;
  const value = Number(text);
  if (text.trim() !== '' && value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw new UsageError(
    `--${flag}: got ${JSON.stringify(text)}, expected a ${whole ? 'whole ' : ''}number from ${min} to ${max}`,
  );
}

/** @throws UsageError */
export function choiceOption<Choice extends string>(flag: string, text: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((each) => each === text);
  if (choice !== undefined) return choice;
  throw new UsageError(`--${flag}: got ${JSON.stringify(text)}, expected ${choices.join(', ')}`);
}
