import type { TimedSlice } from '../../../../service/src/whisper/segments';
import { skipHallucinatedSilence, type WordedWindow } from '../../../../service/src/whisper/words/hallucinated-silence';

/** A segment of two words, doubtful or not. */
function slice(startS: number, endS: number, probability: number): TimedSlice {
  const middleS = (startS + endS) / 2;
  const word = { tokens: [1], confidence: probability, probability };
  return {
    startS,
    endS,
    tokens: [1, 1],
    tokenLogProbs: [-1, -1],
    words: [
      { ...word, text: ' a', startS, endS: middleS },
      { ...word, text: ' b', startS: middleS, endS },
    ],
  };
}

const SURE = 0.9;
const DOUBTFUL = 0.05;

function windowOf(slices: readonly TimedSlice[], facts: Partial<WordedWindow> = {}): WordedWindow {
  return { slices, startS: 60, durationS: 30, isDone: true, lastSpeechS: 60, recordingS: 300, ...facts };
}

test('a window of sure words stays as it is', () => {
  const slices = [slice(1, 2, SURE), slice(8, 9, SURE)];
  expect(skipHallucinatedSilence(windowOf(slices), 2)).toEqual({ slices, resumeAtS: undefined, isHeardAgain: false });
});

test('where more may follow, it goes on behind the last word if silence follows, else behind the window', () => {
  const open = { isDone: false };
  expect(skipHallucinatedSilence(windowOf([slice(1, 2, SURE)], open), 2).resumeAtS).toBe(62);
  expect(skipHallucinatedSilence(windowOf([slice(28, 29, SURE)], open), 2).resumeAtS).toBe(90);
});

test('silence before a doubtful first segment is skipped, and the segment heard again', () => {
  expect(skipHallucinatedSilence(windowOf([slice(5, 6, DOUBTFUL)]), 2)).toEqual({
    slices: [],
    resumeAtS: 65,
    isHeardAgain: true,
  });
});

test('a doubtful segment between silences is dropped with what is behind it', () => {
  const slices = [slice(1, 2, SURE), slice(10, 11, DOUBTFUL), slice(20, 21, SURE)];
  expect(skipHallucinatedSilence(windowOf(slices), 2)).toEqual({
    slices: slices.slice(0, 1),
    resumeAtS: 70,
    isHeardAgain: false,
  });
});

test('a doubtful segment beside speech is kept', () => {
  const before = [slice(1, 2, SURE), slice(3, 4, DOUBTFUL), slice(20, 21, SURE)];
  const behind = [slice(1, 2, SURE), slice(10, 11, DOUBTFUL), slice(12, 13, SURE)];
  for (const slices of [before, behind]) {
    expect(skipHallucinatedSilence(windowOf(slices), 2).slices).toEqual(slices);
  }
});

test('a doubtful segment counts as silence for the one before it', () => {
  const slices = [slice(1, 2, SURE), slice(10, 11, DOUBTFUL), slice(11.5, 12, DOUBTFUL)];
  expect(skipHallucinatedSilence(windowOf(slices), 2).slices).toEqual(slices.slice(0, 1));
});

test('it goes on at least a second behind the start, and at the end where nothing follows', () => {
  const early = [slice(0.2, 1, DOUBTFUL)];
  expect(skipHallucinatedSilence(windowOf(early), 2).resumeAtS).toBe(61);
  expect(skipHallucinatedSilence(windowOf(early, { recordingS: 62 }), 2).resumeAtS).toBe(62);
});

test('words that are too short or too long to be words are doubtful, punctuation is no word', () => {
  const short = { ...slice(5, 5.02, SURE) };
  const long = slice(5, 13, SURE);
  expect(skipHallucinatedSilence(windowOf([short]), 2).slices).toEqual([]);
  expect(skipHallucinatedSilence(windowOf([long]), 2).slices).toEqual([]);
  const mark = { ...slice(5, 6, SURE) };
  const marked = { ...mark, words: [...mark.words!, { ...mark.words![0]!, text: '.', probability: 0 }] };
  expect(skipHallucinatedSilence(windowOf([marked]), 2).slices).toEqual([marked]);
});
