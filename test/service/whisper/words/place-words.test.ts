import type { TimedSlice } from '../../../../service/src/whisper/segments';
import type { AlignedWord } from '../../../../service/src/whisper/words/align-words';
import { placeWords } from '../../../../service/src/whisper/words/place-words';

const TIMESTAMP = 100;
const isText = (token: number): boolean => token < TIMESTAMP;

function slice(startS: number, endS: number, ...text: number[]): TimedSlice {
  const tokens = [TIMESTAMP, ...text, TIMESTAMP];
  return { startS, endS, tokens, tokenLogProbs: tokens.map(() => -1) };
}

/** Words of one token each, `[text, start, end]`. */
function words(...timed: (readonly [string, number, number])[]): AlignedWord[] {
  return timed.map(([text, startS, endS], i) => ({
    text,
    tokens: [i],
    startS,
    endS,
    confidence: 0.8,
    probability: 0.9,
  }));
}

const timesOf = ({ words: own = [] }: TimedSlice): unknown[] =>
  own.map(({ text, startS, endS }) => [text, ...[startS, endS].map((time) => Math.round(time * 1000) / 1000)]);

test('each segment gets its words, and their outer times', () => {
  const aligned = words([' a', 0.3, 0.5], [' b', 0.5, 0.8], [' c', 1.4, 1.6]);
  const placed = placeWords([slice(0, 1, 0, 1), slice(1, 2, 2)], aligned, 10, 0, isText);
  expect(placed.map(timesOf)).toEqual([
    [
      [' a', 0.3, 0.5],
      [' b', 0.5, 0.8],
    ],
    [[' c', 1.4, 1.6]],
  ]);
  expect(placed[0]!.startS).toBeCloseTo(0.3);
  expect(placed[0]!.endS).toBeCloseTo(0.8);
  expect(placed[1]!.startS).toBeCloseTo(1.4);
});

test('words that no kept segment holds are left out, and count for nothing', () => {
  const aligned = words([' a', 0, 0.2], [' b', 0.2, 0.4], [' lost', 5, 25]);
  const [placed] = placeWords([slice(0, 0.4, 0, 1)], aligned, 0, 0, isText);
  expect(timesOf(placed!)).toHaveLength(2);
});

test('the mark that ends a sentence does not fill the pause, nor does the word behind it', () => {
  const aligned = words([' a', 0, 0.4], ['.', 0.4, 3], [' b', 3, 6], [' c', 6, 6.4], [' d', 6.4, 6.8]);
  const [placed] = placeWords([slice(0, 7, 0, 1, 2, 3, 4)], aligned, 0, 0, isText);
  // The usual length is 0.4 s, the longest 0.8; the mark's own time goes with it.
  expect(timesOf(placed!)).toEqual([
    [' a.', 0, 0.4],
    [' b', 5.2, 6],
    [' c', 6, 6.4],
    [' d', 6.4, 6.8],
  ]);
});

test('a first word behind a pause is cut to twice the usual length', () => {
  const aligned = words([' a', 0, 5], [' b', 5, 5.2], [' c', 5.2, 5.4], [' d', 5.4, 5.6]);
  const [placed] = placeWords([slice(0, 6, 0, 1, 2, 3)], aligned, 20, 10, isText);
  expect(timesOf(placed!)[0]).toEqual([' a', 4.6, 5]);
  expect(placed!.startS).toBeCloseTo(4.6);
});

test('directly behind other speech it keeps its length, down to the segment', () => {
  const aligned = words([' a', 0, 0.7], [' b', 0.7, 0.9], [' c', 0.9, 1.1], [' d', 1.1, 1.3]);
  const [placed] = placeWords([slice(0, 1.3, 0, 1, 2, 3)], aligned, 20, 20, isText);
  expect(timesOf(placed!)[0]).toEqual([' a', 0, 0.7]);
});

test("the segment's own times stand where a word sticks out by more than half a second", () => {
  const aligned = words([' a', 0, 1.2], [' b', 1.2, 1.5], [' c', 1.5, 4]);
  const [placed] = placeWords([slice(0.8, 1.9, 0, 1, 2)], aligned, 0, 0, isText);
  expect(timesOf(placed!)).toEqual([
    [' a', 0.5, 1.2],
    [' b', 1.2, 1.5],
    [' c', 1.5, 2.2],
  ]);
  expect([placed!.startS, placed!.endS]).toEqual([0.8, 1.9]);
});

test('a segment without words keeps its times', () => {
  expect(placeWords([slice(1, 2)], [], 0, 0, isText)).toMatchObject([{ startS: 1, endS: 2, words: [] }]);
});

test('a segment whose words have no time becomes a part of its neighbour', () => {
  const aligned = words([' a', 0.4, 0.8], [' b', 0.8, 0.8], [' c', 0.8, 1.2]);
  const placed = placeWords([slice(0, 0.8, 0), slice(0.8, 1, 1), slice(1, 1.2, 2)], aligned, 0, 0, isText);
  expect(placed.map(timesOf)).toEqual([
    [
      [' a', 0.4, 0.8],
      [' b', 0.8, 0.8],
    ],
    [[' c', 0.8, 1.2]],
  ]);
  const [first] = placeWords([slice(0, 0.8, 0), slice(0.8, 1.2, 1)], words([' a', 0, 0], [' b', 0, 0.4]), 0, 0, isText);
  expect([first!.startS, first!.endS, first!.tokens.filter(isText)]).toEqual([0, 0.4, [0, 1]]);
  const alone = placeWords([slice(0.2, 0.8, 0)], words([' a', 0, 0]), 0, 0, isText);
  expect(alone).toMatchObject([{ startS: 0.2, endS: 0.8 }]);
});
