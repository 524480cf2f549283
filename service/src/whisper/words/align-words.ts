import { SAMPLES_PER_FRAME, TIMESTAMPS_PER_SECOND } from '../audio-format';
import { logSumExp } from '../logits/logits';
import type { Attention, WhisperModel } from '../model';
import { textOf, type TimedSlice } from '../segments';
import type { SpecialTokens } from '../special-tokens';
import type { TextTokenizer } from '../tokenizer';
import { firstColumns } from './dynamic-time-warping';
import { medianFilter } from './median-filter';
import { scoreWords, type ScoredWord } from './score-words';

/** A word and when it was said. */
export interface AlignedWord extends ScoredWord {
  /** Seconds after the window's start. */
  readonly startS: number;
  /** Seconds after the window's start. */
  readonly endS: number;
  /**
   * Mean probability of the word's tokens, among all text tokens and without the rules that decoding adds (openai/whisper
   * `timing.py`), in 0…1.
   */
  readonly probability: number;
}

/** What is read, and by whom. */
export interface AlignmentInput<Features> {
  readonly model: WhisperModel<Features>;
  readonly special: SpecialTokens;
  readonly tokenizer: TextTokenizer;
  readonly features: Features;
  /** What stands between `<|startoftranscript|>` and the text: language and task. */
  readonly header: readonly number[];
  /** Code of the language, which decides what a word is. */
  readonly language: string;
  /** Samples of the window's real audio. */
  readonly samples: number;
}

/** Width of the filter over each head's attention, in positions of 20 ms (openai/whisper `timing.py`). */
const MEDIAN_FILTER_WIDTH = 7;

/** Positions of the encoder's output to a frame of the spectrogram. */
const FRAMES_PER_POSITION = 2;

/**
 * Times the words of a text: the model reads it once more, whole, and where its alignment heads look while it expects
 * each token is where the token was said (openai/whisper `timing.py`, `find_alignment`).
 *
 * @param segments - no word reaches over a segment's end; other tokens than text are passed over
 * @returns the words in order, punctuation as words of its own
 */
export async function alignWords<Features>(
  input: AlignmentInput<Features>,
  segments: readonly Pick<TimedSlice, 'tokens' | 'tokenLogProbs'>[],
): Promise<readonly AlignedWord[]> {
  const { model, special, tokenizer, features, header } = input;
  const texts = segments.map((segment) => textOf(segment, special));
  const tokens = texts.flatMap((text) => text.tokens);
  if (tokens.length === 0) return [];
  const prompt = [special.startOfTranscript, ...header, special.noTimestamps];
  // The row of a token is that of the step that expects it; the last row expects the end.
  const firstRow = prompt.length - 1;
  const probabilities: number[] = [];
  const attention = await model.attend(features, [...prompt, ...tokens, special.endOfText], (at, logits) => {
    const token = tokens[at - firstRow];
    if (token !== undefined) probabilities.push(textProbability(logits, token, special));
  });

  const frames = Math.floor(input.samples / SAMPLES_PER_FRAME);
  const positions = Math.max(1, Math.min(attention.positions, Math.floor(frames / FRAMES_PER_POSITION)));
  const rowCount = tokens.length + 1;
  const costs = meanAttention(attention, prompt.length + rowCount, positions)
    .subarray(firstRow * positions, (firstRow + rowCount) * positions)
    .map((value) => -value);
  const starts = firstColumns(costs, rowCount, positions).map((position) => position / TIMESTAMPS_PER_SECOND);

  let at = 0;
  const words = texts.flatMap((text) => scoreWords(text, tokenizer, input.language));
  return words.map((word) => {
    const from = at;
    at += word.tokens.length;
    const sum = probabilities.slice(from, at).reduce((total, each) => total + each, 0);
    return { ...word, startS: starts[from]!, endS: starts[at]!, probability: sum / word.tokens.length };
  });
}

/** Softmax over the text tokens alone. */
function textProbability(logits: Float32Array, token: number, { endOfText }: SpecialTokens): number {
  return Math.exp(logits[token]! - logSumExp(logits.subarray(0, endOfText)));
}

/**
 * Attention of all heads: of the window's real audio alone, against what each position gets from the other tokens, and
 * smoothed.
 */
function meanAttention(
  { heads, positions: allPositions }: Attention,
  rowCount: number,
  positions: number,
): Float32Array {
  const mean = new Float32Array(rowCount * positions);
  for (const head of heads) {
    const weights = new Float32Array(rowCount * positions);
    for (let row = 0; row < rowCount; row++) {
      const real = head.subarray(row * allPositions, row * allPositions + positions);
      const share = real.reduce((sum, weight) => sum + weight, 0);
      // Where none of it is real, nothing can be told of this token.
      if (share > 0)
        weights.set(
          real.map((weight) => weight / share),
          row * positions,
        );
    }
    standardizeColumns(weights, rowCount, positions);
    for (let row = 0; row < rowCount; row++) {
      const smooth = medianFilter(weights.subarray(row * positions, (row + 1) * positions), MEDIAN_FILTER_WIDTH);
      for (let i = 0; i < positions; i++) mean[row * positions + i]! += smooth[i]! / heads.length;
    }
  }
  return mean;
}

/** Mean 0 and standard deviation 1 in each column; columns whose values are all the same become 0. */
function standardizeColumns(weights: Float32Array, rowCount: number, columns: number): void {
  for (let column = 0; column < columns; column++) {
    let sum = 0;
    for (let row = 0; row < rowCount; row++) sum += weights[row * columns + column]!;
    const mean = sum / rowCount;
    let squares = 0;
    for (let row = 0; row < rowCount; row++) squares += (weights[row * columns + column]! - mean) ** 2;
    const deviation = Math.sqrt(squares / rowCount);
    for (let row = 0; row < rowCount; row++) {
      const at = row * columns + column;
      weights[at] = deviation === 0 ? 0 : (weights[at]! - mean) / deviation;
    }
  }
}
