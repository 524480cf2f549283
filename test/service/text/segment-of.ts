import type { Segment, Word } from '../../../service/src/whisper/segments';

/** A segment with what a test says, and nothing remarkable else. */
export function segmentOf(said: Partial<Segment> & Pick<Segment, 'text'>): Segment {
  return {
    id: 0,
    seekFrames: 0,
    startS: 0,
    endS: 1,
    language: 'en',
    tokens: [],
    tokenLogProbs: [],
    words: undefined,
    wordConfidences: [0.9],
    hallucination: undefined,
    temperature: 0,
    avgLogProb: -0.25,
    compressionRatio: 1,
    noSpeechProb: 0.1,
    ...said,
  };
}

/** Words that follow each other, 500 ms each. */
export function wordsOf(...texts: readonly string[]): readonly Word[] {
  return texts.map((text, index) => ({
    text,
    startS: index / 2,
    endS: (index + 1) / 2,
    confidence: 0.9,
    probability: 0.8,
  }));
}
