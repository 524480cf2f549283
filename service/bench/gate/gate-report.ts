import { bootstrapInterval } from '../calibration/reliability';
import { alignWords, normalizedWords } from '../calibration/word-alignment';
import type { LabelledRecording } from './labelled-recordings';

/** A transcript of a recording, held against what was said; words as Whisper's BasicTextNormalizer writes them. */
export interface ScoredRecording {
  readonly file: string;
  readonly said: string;
  readonly transcript: string;
  /** Words that were said. */
  readonly words: number;
  /** Substitutions, insertions and deletions. */
  readonly errors: number;
}

export interface VariantScore {
  readonly name: string;
  readonly words: number;
  readonly errors: number;
  /** Errors over words, in percent. */
  readonly rate: number;
  readonly recordings: readonly ScoredRecording[];
}

/** How a variant compares with single precision, in points of word error rate: above 0 it errs more. */
export interface Difference {
  readonly points: number;
  /** 95 %, drawing recordings. */
  readonly interval: readonly [low: number, high: number];
}

export interface GateVerdict {
  readonly name: string;
  readonly difference: Difference;
  readonly passes: boolean;
}

export function scoreTranscripts(
  name: string,
  recordings: readonly LabelledRecording[],
  transcripts: readonly string[],
): VariantScore {
  const scored = recordings.map(({ file, text }, index): ScoredRecording => {
    const transcript = transcripts[index]!;
    const reference = normalizedWords(text);
    const { substitutions, insertions, deletions } = alignWords(reference, normalizedWords(transcript));
    const errors = substitutions + insertions + deletions;
    return { file, said: text, transcript, words: reference.length, errors };
  });
  const words = scored.reduce((sum, each) => sum + each.words, 0);
  const errors = scored.reduce((sum, each) => sum + each.errors, 0);
  return { name, words, errors, rate: (100 * errors) / words, recordings: scored };
}

/** @param baseline of the same recordings in the same order */
export function differenceOf(score: VariantScore, baseline: VariantScore): Difference {
  const pairs = score.recordings.map((own, index) => ({
    words: own.words,
    more: own.errors - baseline.recordings[index]!.errors,
  }));
  const points = (drawn: readonly (typeof pairs)[number][]): number =>
    (100 * drawn.reduce((sum, { more }) => sum + more, 0)) / drawn.reduce((sum, { words }) => sum + words, 0);
  return { points: points(pairs), interval: bootstrapInterval(pairs, points) };
}

/** @param maxDifference points that a variant may err more than the baseline */
export function judge(score: VariantScore, baseline: VariantScore, maxDifference: number): GateVerdict {
  const difference = differenceOf(score, baseline);
  return { name: score.name, difference, passes: difference.points <= maxDifference };
}

/**
 * The result as a table of text.
 *
 * @param others scores that are compared and not judged
 */
export function gateTable(
  baseline: VariantScore,
  judged: readonly (readonly [VariantScore, GateVerdict])[],
  others: readonly VariantScore[],
): string {
  const row = ({ name, words, errors, rate }: VariantScore, difference: string, verdict: string): string[] => [
    name,
    String(words),
    String(errors),
    `${rate.toFixed(2)} %`,
    difference,
    verdict,
  ];
  const rows = [
    ['', 'words', 'errors', 'WER', 'points more (95 %)', ''],
    row(baseline, '', 'baseline'),
    ...others.map((score) => row(score, differenceText(differenceOf(score, baseline)), '')),
    ...judged.map(([score, { difference, passes }]) =>
      row(score, differenceText(difference), passes ? 'passes' : 'fails'),
    ),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const isNumber = (column: number): boolean => column > 0 && column < 5;
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function differenceText({ points, interval: [low, high] }: Difference): string {
  return `${signed(points)} (${signed(low)} to ${signed(high)})`;
}

function signed(points: number): string {
  const text = points.toFixed(2);
  return points > 0 ? `+${text}` : text;
}
