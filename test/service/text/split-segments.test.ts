import fc from 'fast-check';
import { splitSegments } from '../../../service/src/text/split-segments';
import { timestamp, TOKENIZER } from '../whisper/small-vocabulary';
import { segmentOf, wordsOf } from './segment-of';

/** Tokens 1, 2, … are " a", " b", …; a word of two tokens is in the middle. */
const segment = segmentOf({
  text: ' a b c d',
  startS: 0,
  endS: 5,
  tokens: [timestamp(0), 1, 2, 3, 4, timestamp(5)],
  tokenLogProbs: [-9, -1, -2, -3, -4, -8],
  words: wordsOf(' a', ' b c', ' d'),
  wordConfidences: [0.1, 0.2, 0.3],
});

it('a long segment becomes several, each with the tokens and the times of its words', () => {
  expect(splitSegments([segment, { ...segment, words: wordsOf(' a b c d') }], 4, TOKENIZER)).toMatchObject([
    {
      id: 0,
      text: ' a',
      startS: 0,
      endS: 0.5,
      tokens: [timestamp(0), 1],
      tokenLogProbs: [-9, -1],
      wordConfidences: [0.1],
    },
    { id: 1, text: ' b c', startS: 0.5, endS: 1, tokens: [2, 3], tokenLogProbs: [-2, -3], wordConfidences: [0.2] },
    {
      id: 2,
      text: ' d',
      startS: 1,
      endS: 5,
      tokens: [4, timestamp(5)],
      tokenLogProbs: [-4, -8],
      wordConfidences: [0.3],
    },
    // One word is never cut.
    { id: 3, text: ' a b c d', tokens: segment.tokens },
  ]);
});

it('a part holds as many words as fit', () => {
  expect(splitSegments([segment], 6, TOKENIZER).map(({ text }) => text)).toEqual([' a b c', ' d']);
  expect(splitSegments([segment], 8, TOKENIZER)).toEqual([segment]);
});

it('a segment whose words were not timed stays whole', () => {
  expect(splitSegments([{ ...segment, words: undefined }], 1, TOKENIZER)).toEqual([{ ...segment, words: undefined }]);
});

it('a character whose bytes are spread over tokens stays in its word', () => {
  const pieces = [Buffer.from(' a'), Buffer.from(' \xfc', 'utf8').subarray(0, 2), Buffer.of(0xbc), Buffer.from(' b')];
  const tokenizer = {
    decode: (tokens: readonly number[]) => Buffer.concat(tokens.map((token) => pieces[token]!)).toString('utf8'),
  };
  const umlaut = segmentOf({
    text: ' a ü b',
    tokens: [0, 1, 2, 3],
    tokenLogProbs: [-1, -2, -3, -4],
    words: wordsOf(' a', ' ü', ' b'),
  });
  expect(splitSegments([umlaut], 2, tokenizer).map(({ tokens }) => tokens)).toEqual([[0], [1, 2], [3]]);
});

it('whatever the length, no text, word, token or time is lost', () => {
  const anyWords = fc.array(fc.array(fc.integer({ min: 1, max: 19 }), { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(anyWords, fc.integer({ min: 1, max: 60 }), (tokensOfWords, maxCharacters) => {
      const tokens = tokensOfWords.flat();
      const words = wordsOf(...tokensOfWords.map((each) => TOKENIZER.decode(each)));
      const whole = segmentOf({
        text: TOKENIZER.decode(tokens),
        endS: words.length / 2,
        tokens,
        tokenLogProbs: tokens.map((_, index) => -index),
        words,
        wordConfidences: words.map((_, index) => index),
      });
      const parts = splitSegments([whole], maxCharacters, TOKENIZER);
      expect(parts.map(({ text }) => text).join('')).toBe(whole.text);
      for (const field of ['tokens', 'tokenLogProbs', 'words', 'wordConfidences'] as const) {
        expect(parts.flatMap((part): readonly unknown[] => part[field]!)).toEqual(whole[field]);
      }
      expect(parts.map(({ id }) => id)).toEqual([...parts.keys()]);
      for (const { text, tokens: own, words: ownWords } of parts) {
        expect(TOKENIZER.decode(own)).toBe(text);
        expect(text.length <= maxCharacters || ownWords!.length === 1).toBe(true);
      }
    }),
  );
});
