import { SAMPLE_RATE_HZ, SAMPLES_PER_FRAME, TIMESTAMPS_PER_SECOND } from './audio-format';
import type { DecodingResult } from './decoding-result';
import type { HallucinationVerdict } from './hallucination';
import type { SpecialTokens } from './special-tokens';
import type { TextTokenizer } from './tokenizer';
import type { AlignedWord } from './words/align-words';
import { mergePunctuation } from './words/merge-punctuation';
import { scoreWords } from './words/score-words';

/** A word of the transcript with its time. */
export interface Word {
  /** As the model wrote it, with its leading space and the punctuation that belongs to it. */
  readonly text: string;
  /** Start in the audio, in seconds. */
  readonly startS: number;
  /** End in the audio, in seconds. */
  readonly endS: number;
  /** How sure the model was of it, in 0…1, punctuation aside (`ScoredWord.confidence`). */
  readonly confidence: number;
  /** Mean probability of its tokens without the rules of decoding, in 0…1 (openai/whisper `timing.py`). */
  readonly probability: number;
}

/** A piece of the transcript with its time, in the field names' sense of openai/whisper's segments. */
export interface Segment {
  /** Number of the segment in the transcript, from 0. */
  readonly id: number;
  /** Start of the window that the segment was decoded in, in mel frames of 10 ms. */
  readonly seekFrames: number;
  /** Start in the audio, in seconds. */
  readonly startS: number;
  /** End in the audio, in seconds: after the start, and not after the audio's end. */
  readonly endS: number;
  /** Text as the model wrote it, with its leading space. */
  readonly text: string;
  /** Code of the language that the text was spoken in. */
  readonly language: string;
  /** Tokens of the segment, timestamps included. */
  readonly tokens: readonly number[];
  /** Log-probability of each of `tokens`, among those that the rules allowed. */
  readonly tokenLogProbs: readonly number[];
  /** Words with their times; undefined where they were not asked for. */
  readonly words: readonly Word[] | undefined;
  /** How sure the model was of each of its words, in 0…1 (`ScoredWord.confidence`). */
  readonly wordConfidences: readonly number[];
  /** Why the segment was probably never said; undefined where nothing speaks against it, or nobody asked. */
  readonly hallucination: HallucinationVerdict | undefined;
  /** Temperature that the window was decoded at. */
  readonly temperature: number;
  /** Average log-probability of the window. */
  readonly avgLogProb: number;
  /** Compression ratio of the window's text. */
  readonly compressionRatio: number;
  /** No-speech probability of the window. */
  readonly noSpeechProb: number;
}

/** A run of a window's tokens with its time inside the window. */
export interface TimedSlice {
  /** Seconds after the window's start. */
  readonly startS: number;
  /** Seconds after the window's start. */
  readonly endS: number;
  readonly tokens: readonly number[];
  readonly tokenLogProbs: readonly number[];
  /** Its words, timed like the slice; undefined where they were not asked for. */
  readonly words?: readonly AlignedWord[];
}

/** A window's tokens, split where the model closed one segment and opened the next. */
export interface WindowSplit {
  /** Segments that the window holds to their end. */
  readonly finished: readonly TimedSlice[];
  /** Text after the last closed segment: it may go on in the audio behind the window. */
  readonly unfinished: TimedSlice | undefined;
  /** Where the next window should start, in seconds after this window's start; the window's length where all of it is done. */
  readonly resumeAtS: number;
}

/**
 * Splits a window at its timestamp pairs (openai/whisper `transcribe.py`).
 *
 * - `end start` between two segments closes the first. The text behind the last such pair is unfinished.
 * - A single timestamp at the very end says that nothing is said behind it: the window is done, and so is its last
 *   segment.
 * - Without any pair the window is one segment, and done.
 * - Runs without text, and runs that end where they start or before, are left out.
 *
 * Unlike there, a window of one segment starts at its timestamp, not at the window's start.
 *
 * @param windowS - length of the window's real audio, in seconds.
 */
export function splitAtTimestamps(
  result: Pick<DecodingResult, 'tokens' | 'tokenLogProbs'>,
  special: Pick<SpecialTokens, 'timestampBegin' | 'endOfText'>,
  windowS: number,
): WindowSplit {
  const { tokens } = result;
  const isTimestamp = (i: number): boolean => i >= 0 && i < tokens.length && tokens[i]! >= special.timestampBegin;
  const timeAt = (i: number): number => (tokens[i]! - special.timestampBegin) / TIMESTAMPS_PER_SECOND;

  const cuts: number[] = [];
  for (let i = 1; i < tokens.length; i++) {
    if (isTimestamp(i - 1) && isTimestamp(i)) cuts.push(i);
  }
  const endsWithSingleTimestamp = isTimestamp(tokens.length - 1) && !isTimestamp(tokens.length - 2);
  const lastCut = cuts.at(-1);
  const isDone = lastCut === undefined || endsWithSingleTimestamp;

  const finished: TimedSlice[] = [];
  let unfinished: TimedSlice | undefined;
  let previousEndS = 0;
  [0, ...cuts].forEach((from, n, starts) => {
    const to = starts[n + 1] ?? tokens.length;
    const closed = to - 1 > from && isTimestamp(to - 1);
    const startS = isTimestamp(from) ? Math.max(timeAt(from), previousEndS) : previousEndS;
    const endS = closed ? timeAt(to - 1) : Math.max(windowS, startS + 1 / TIMESTAMPS_PER_SECOND);
    const slice = {
      startS,
      endS,
      tokens: tokens.slice(from, to),
      tokenLogProbs: result.tokenLogProbs.slice(from, to),
    };
    if (!slice.tokens.some((token) => token < special.endOfText) || endS <= startS) return;
    previousEndS = endS;
    if (from === lastCut && !isDone) unfinished = slice;
    else finished.push(slice);
  });
  const lastEndS = finished.at(-1)?.endS ?? 0;
  const resumeAtS = isDone ? windowS : Math.min(Math.max(timeAt(lastCut - 1), lastEndS), windowS);
  return { finished, unfinished, resumeAtS };
}

/** Two neighbours as one. */
export function joinSlices(first: TimedSlice, second: TimedSlice): TimedSlice {
  return {
    startS: first.startS,
    endS: second.endS,
    tokens: [...first.tokens, ...second.tokens],
    tokenLogProbs: [...first.tokenLogProbs, ...second.tokenLogProbs],
    words: second.words && [...(first.words ?? []), ...second.words],
  };
}

/**
 * Brings slices inside the real audio: the model hears 30 s, and may time words into the silence behind the audio's
 * end. Words count more than their times: a slice that would start behind the end joins the one before it.
 */
export function clampToAudio(slices: readonly TimedSlice[], windowS: number): readonly TimedSlice[] {
  const clamped: TimedSlice[] = [];
  for (const slice of slices) {
    const before = clamped.at(-1);
    const words = slice.words?.map((word) => ({
      ...word,
      startS: Math.min(word.startS, windowS),
      endS: Math.min(word.endS, windowS),
    }));
    if (slice.startS < windowS) {
      clamped.push({ ...slice, endS: Math.min(slice.endS, windowS), words });
    } else if (before === undefined) {
      clamped.push({ ...slice, startS: 0, endS: windowS, words });
    } else {
      clamped[clamped.length - 1] = joinSlices({ ...before, endS: windowS }, { ...slice, endS: windowS, words });
    }
  }
  return clamped;
}

/**
 * Makes segments of a window's slices; those whose text is blank are left out. They are numbered from 0, and nothing
 * speaks against them yet.
 *
 * @param startSample - where the window starts in the audio.
 */
export function toSegments(
  slices: readonly TimedSlice[],
  result: DecodingResult,
  { tokenizer, special }: { readonly tokenizer: TextTokenizer; readonly special: Pick<SpecialTokens, 'endOfText'> },
  startSample: number,
): readonly Segment[] {
  const windowStartS = startSample / SAMPLE_RATE_HZ;
  return slices
    .map((slice) => ({ text: tokenizer.decode(slice.tokens), slice }))
    .filter(({ text }) => text.trim() !== '')
    .map(({ text, slice }, n) => ({
      id: n,
      seekFrames: Math.round(startSample / SAMPLES_PER_FRAME),
      startS: windowStartS + slice.startS,
      endS: windowStartS + slice.endS,
      text,
      language: result.language,
      tokens: Object.freeze([...slice.tokens]),
      tokenLogProbs: Object.freeze([...slice.tokenLogProbs]),
      words: slice.words?.map(({ text: word, startS, endS, confidence, probability }) => ({
        text: word,
        startS: windowStartS + startS,
        endS: windowStartS + endS,
        confidence,
        probability,
      })),
      wordConfidences: mergePunctuation(scoreWords(textOf(slice, special), tokenizer, result.language)).map(
        ({ confidence }) => confidence,
      ),
      hallucination: undefined,
      temperature: result.temperature,
      avgLogProb: result.avgLogProb,
      compressionRatio: result.compressionRatio,
      noSpeechProb: result.noSpeechProb,
    }));
}

/** The text tokens, each with its log-probability. */
export function textOf(
  { tokens, tokenLogProbs }: Pick<TimedSlice, 'tokens' | 'tokenLogProbs'>,
  { endOfText }: Pick<SpecialTokens, 'endOfText'>,
): { readonly tokens: readonly number[]; readonly logProbs: readonly number[] } {
  const isText = (token: number): boolean => token < endOfText;
  return { tokens: tokens.filter(isText), logProbs: tokenLogProbs.filter((_, i) => isText(tokens[i]!)) };
}
