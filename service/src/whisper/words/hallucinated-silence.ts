import type { TimedSlice } from '../segments';
import { wordAnomaly } from './word-anomaly';

/** A window whose segments have their words. All times are seconds of the recording but for those of the slices. */
export interface WordedWindow {
  readonly slices: readonly TimedSlice[];
  readonly startS: number;
  /** Length of its real audio. */
  readonly durationS: number;
  /** Whether the model said that nothing follows its last segment. */
  readonly isDone: boolean;
  /** End of the last word before the window; 0 where there is none. */
  readonly lastSpeechS: number;
  /** Length of the recording. */
  readonly recordingS: number;
}

export interface SilenceSkip {
  /** Segments that are kept. */
  readonly slices: readonly TimedSlice[];
  /** Where to go on, in seconds of the recording; undefined: where it would have gone on without this rule. */
  readonly resumeAtS: number | undefined;
  /** Whether the whole window is to be heard again, from there on. */
  readonly isHeardAgain: boolean;
}

/** Longest window, in seconds. */
const WINDOW_S = 30;

/** A segment this near to a window's edge counts as beside silence, in seconds (openai/whisper `transcribe.py`). */
const EDGE_S = 2;

/**
 * Where a window holds silence and doubtful text, the silence is skipped and what is behind it heard again, so that text
 * that the model made up of silence is not kept (openai/whisper `transcribe.py`, `hallucination_silence_threshold`).
 *
 * @param thresholdS - silence longer than this is skipped
 */
export function skipHallucinatedSilence(window: WordedWindow, thresholdS: number): SilenceSkip {
  const { slices, startS, durationS } = window;
  const endS = startS + WINDOW_S;
  const spoken = slices.filter(hasWords);
  let resumeAtS: number | undefined;
  const lastWordEndS = spoken.at(-1)?.words?.at(-1)?.endS;
  if (!window.isDone && lastWordEndS !== undefined && lastWordEndS > 0) {
    const isSilentBehind = WINDOW_S - lastWordEndS > thresholdS;
    resumeAtS = isSilentBehind ? startS + lastWordEndS : startS + durationS;
  }
  const first = spoken[0];
  if (first !== undefined && isDoubtful(first) && first.startS > thresholdS) {
    return { slices: [], resumeAtS: startS + first.startS, isHeardAgain: true };
  }

  let speechEndS = window.lastSpeechS;
  for (const [i, slice] of slices.entries()) {
    if (!hasWords(slice)) continue;
    const sliceStartS = startS + slice.startS;
    const sliceEndS = startS + slice.endS;
    if (isDoubtful(slice)) {
      const next = slices.slice(i + 1).find(hasWords);
      const nextStartS = next === undefined ? startS + durationS : startS + next.words![0]!.startS;
      const isSilentBefore = sliceStartS - speechEndS > thresholdS || sliceStartS < thresholdS || slice.startS < EDGE_S;
      const isSilentBehind =
        nextStartS - sliceEndS > thresholdS || (next !== undefined && isDoubtful(next)) || endS - sliceEndS < EDGE_S;
      if (isSilentBefore && isSilentBehind) {
        const isLast = window.recordingS - sliceEndS < thresholdS;
        // At least a second on, so that the same text is not found for ever.
        return {
          slices: slices.slice(0, i),
          resumeAtS: isLast ? window.recordingS : Math.max(startS + 1, sliceStartS),
          isHeardAgain: false,
        };
      }
    }
    speechEndS = sliceEndS;
  }
  return { slices, resumeAtS, isHeardAgain: false };
}

function hasWords({ words }: TimedSlice): boolean {
  return words !== undefined && words.length > 0;
}

function isDoubtful({ words = [] }: TimedSlice): boolean {
  return wordAnomaly(words) >= 1;
}
