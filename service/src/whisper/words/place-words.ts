import { joinSlices, type TimedSlice } from '../segments';
import type { AlignedWord } from './align-words';
import { mergePunctuation } from './merge-punctuation';

/** Marks that end a sentence (openai/whisper `timing.py`). */
const SENTENCE_END = '.。!！?？';

/** No word is taken to last longer than this as a rule, in seconds (openai/whisper `timing.py`). */
const MAX_MEDIAN_DURATION_S = 0.7;

/** A segment's own time is believed where a word sticks out of it by more than this, in seconds (openai/whisper). */
const MAX_OVERHANG_S = 0.5;

/** A word while its times are corrected, in seconds of the recording. */
interface MovableWord extends AlignedWord {
  startS: number;
  endS: number;
}

/**
 * Gives each segment of a window its words, and the times of its first and last word (openai/whisper `timing.py`,
 * `add_word_timestamps`). The alignment lets a word at a pause reach into the silence: such words are cut to twice the
 * usual length.
 *
 * @param slices - the segments of the window that are kept
 * @param words - those that the text tokens of `slices` make; more behind them are left out
 * @param windowStartS - where the window starts in the recording
 * @param lastSpeechS - where the last word of the window before ends in the recording; 0 where there is none
 */
export function placeWords(
  slices: readonly TimedSlice[],
  words: readonly AlignedWord[],
  windowStartS: number,
  lastSpeechS: number,
  isText: (token: number) => boolean,
): readonly TimedSlice[] {
  const tokenCount = (slice: TimedSlice): number => slice.tokens.filter(isText).length;
  const used = take(
    [...words],
    slices.reduce((sum, slice) => sum + tokenCount(slice), 0),
  );
  const medianS = Math.min(MAX_MEDIAN_DURATION_S, medianDuration(used));
  const longestS = 2 * medianS;
  const waiting = mergePunctuation(cutAtSentenceEnds(used, longestS)).map((word): MovableWord => {
    const startS = centiseconds(windowStartS + word.startS);
    return { ...word, startS, endS: centiseconds(windowStartS + word.endS) };
  });
  let speechEndS = lastSpeechS;
  const placed = slices.map((slice) => {
    const own = take(waiting, tokenCount(slice));
    if (own.length === 0) return { ...slice, words: [] };
    if (own[0]!.endS - speechEndS > 4 * medianS) cutAfterPause(own, longestS);
    const [startS, endS] = reconcile(own, windowStartS + slice.startS, windowStartS + slice.endS, medianS);
    speechEndS = endS;
    return {
      ...slice,
      startS: startS - windowStartS,
      endS: endS - windowStartS,
      words: own.map((word) => ({ ...word, startS: word.startS - windowStartS, endS: word.endS - windowStartS })),
    };
  });
  return joinInstants(placed, slices);
}

/**
 * An alignment may give the words of a segment no time at all. Words count more than segments: such a segment becomes a
 * part of the one before it, or behind it; where it is alone it keeps its own times.
 */
function joinInstants(placed: readonly TimedSlice[], slices: readonly TimedSlice[]): readonly TimedSlice[] {
  const joined: TimedSlice[] = [];
  for (const slice of placed) {
    const before = joined.at(-1);
    const isInstant = slice.endS <= slice.startS || (before !== undefined && before.endS <= before.startS);
    if (before !== undefined && isInstant) joined[joined.length - 1] = joinSlices(before, slice);
    else joined.push(slice);
  }
  const [only] = joined;
  if (joined.length === 1 && only!.endS <= only!.startS) {
    return [{ ...only!, startS: slices[0]!.startS, endS: slices.at(-1)!.endS }];
  }
  return joined;
}

/** Takes the words off the front that so many tokens make. */
function take<W extends AlignedWord>(waiting: W[], tokenCount: number): readonly W[] {
  const taken: W[] = [];
  for (let tokens = 0; tokens < tokenCount && waiting.length > 0;) {
    const word = waiting.shift()!;
    tokens += word.tokens.length;
    taken.push(word);
  }
  return taken;
}

/** Of words that last at all; 0 without any. */
function medianDuration(words: readonly AlignedWord[]): number {
  const durations = words.map(({ startS, endS }) => endS - startS).filter((duration) => duration !== 0);
  durations.sort((a, b) => a - b);
  const { length } = durations;
  if (length === 0) return 0;
  return (durations[(length - 1) >> 1]! + durations[length >> 1]!) / 2;
}

/** The mark that ends a sentence, and the word behind it, do not fill the pause between two sentences. */
function cutAtSentenceEnds(words: readonly AlignedWord[], longestS: number): readonly AlignedWord[] {
  return words.map((word, i) => {
    const before = words[i - 1];
    if (before === undefined || longestS === 0 || word.endS - word.startS <= longestS) return word;
    if (SENTENCE_END.includes(word.text)) return { ...word, endS: word.startS + longestS };
    if (SENTENCE_END.includes(before.text)) return { ...word, startS: word.endS - longestS };
    return word;
  });
}

/** The first two words behind a pause do not begin in it. */
function cutAfterPause([first, second]: readonly MovableWord[], longestS: number): void {
  const isFirstLong = first!.endS - first!.startS > longestS;
  if (!isFirstLong && !(second !== undefined && second.endS - first!.startS > 2 * longestS)) return;
  if (second !== undefined && second.endS - second.startS > longestS) {
    first!.endS = second.startS = Math.max(second.endS / 2, second.endS - longestS);
  }
  first!.startS = Math.max(0, first!.endS - longestS);
}

/** Segment and words agree on their outer times: the segment takes those of its words unless a word sticks out. */
function reconcile(
  words: readonly MovableWord[],
  startS: number,
  endS: number,
  medianS: number,
): readonly [startS: number, endS: number] {
  const first = words[0]!;
  const last = words.at(-1)!;
  let segmentStartS = first.startS;
  if (startS < first.endS && startS - MAX_OVERHANG_S > first.startS) {
    first.startS = Math.max(0, Math.min(first.endS - medianS, startS));
    segmentStartS = startS;
  }
  let segmentEndS = last.endS;
  if (endS > last.startS && endS + MAX_OVERHANG_S < last.endS) {
    last.endS = Math.max(last.startS + medianS, endS);
    segmentEndS = endS;
  }
  return [segmentStartS, segmentEndS];
}

function centiseconds(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
