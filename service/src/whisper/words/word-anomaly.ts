import type { Word } from '../segments';

/** What makes a word doubtful (openai/whisper `transcribe.py`, `word_anomaly_score`); times in seconds. */
const DOUBTFUL = { probability: 0.15, shortestS: 0.133, longestS: 2, weightOfShort: 15 };

/** Words of a segment that are looked at, and the sum that makes it doubtful (openai/whisper `is_segment_anomaly`). */
const SEGMENT = { words: 8, sum: 3, tolerance: 0.01 };

/** Marks that are no words (openai/whisper `transcribe.py`). */
const PUNCTUATION = '"\'“¿([{-"\'.。,，!！?？:：”)]}、';

/**
 * How doubtful the words of a segment are: too unlikely, too short or too long for words. The first eight decide.
 *
 * @param words - at least one
 * @returns 1 on the line from which on openai/whisper distrusts the segment, 2 at twice as much
 */
export function wordAnomaly(words: readonly Pick<Word, 'text' | 'startS' | 'endS' | 'probability'>[]): number {
  const looked = words.filter(({ text }) => !PUNCTUATION.includes(text.trim())).slice(0, SEGMENT.words);
  // Nothing but marks is nothing that was said.
  if (looked.length === 0) return 1;
  const sum = looked.reduce((total, { probability, startS, endS }) => {
    const durationS = endS - startS;
    return (
      total +
      (probability < DOUBTFUL.probability ? 1 : 0) +
      Math.max(0, DOUBTFUL.shortestS - durationS) * DOUBTFUL.weightOfShort +
      Math.max(0, durationS - DOUBTFUL.longestS)
    );
  }, 0);
  return sum / Math.min(SEGMENT.sum, looked.length - SEGMENT.tolerance);
}
