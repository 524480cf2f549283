import fc from 'fast-check';
import { splitWords } from '../../../../service/src/whisper/words/split-words';
import type { TextTokenizer } from '../../../../service/src/whisper/tokenizer';

/** Tokens that stand for bytes. */
function tokenizerOf(...pieces: readonly (string | readonly number[])[]): TextTokenizer {
  const bytes = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : Buffer.from(piece)));
  return { decode: (tokens) => Buffer.concat(tokens.map((token) => bytes[token]!)).toString('utf8') };
}

const textsOf = (tokenizer: TextTokenizer, tokens: readonly number[], language = 'en'): string[] =>
  splitWords(tokens, tokenizer, language).map(({ text }) => text);

test('a word begins with a space, and punctuation is a word of its own', () => {
  const tokenizer = tokenizerOf(' Hel', 'lo', ',', ' wor', 'ld', '...', '!?', ' (', 'I', ')');
  expect(textsOf(tokenizer, [0, 1, 2, 3, 4, 6, 7, 8, 9])).toEqual([' Hello', ',', ' world!?', ' (I', ')']);
  // Several marks are one of ASCII's alone where they stand so in its order.
  expect(textsOf(tokenizer, [0, 5])).toEqual([' Hel...']);
});

test('tokens without a space before the first one are its word', () => {
  expect(textsOf(tokenizerOf('ell', 'o', ' you'), [0, 1, 2])).toEqual(['ello', ' you']);
});

test('bytes of one character stay together', () => {
  const [first, second] = [...Buffer.from('ß')];
  const tokenizer = tokenizerOf(' Gr', 'ü', [first!], [second!], 'e');
  const words = splitWords([0, 1, 2, 3, 4], tokenizer, 'de');
  expect(words).toEqual([{ text: ' Grüße', tokens: [0, 1, 2, 3, 4] }]);
});

test('bytes that make no character are no reason to wait for more', () => {
  const tokenizer = tokenizerOf(' a', [0xff], ' b');
  expect(textsOf(tokenizer, [0, 1, 2])).toEqual([' a�', ' b']);
});

test('a text that ends in the middle of a character loses no token', () => {
  const [first] = [...Buffer.from('ß')];
  const words = splitWords([0, 1, 2], tokenizerOf(' a', 'b', [first!]), 'en');
  expect(words.flatMap(({ tokens }) => tokens)).toEqual([0, 1, 2]);
});

test('no token is lost, whatever the bytes', () => {
  const bytes = tokenizerOf(...Array.from({ length: 256 }, (_, byte) => [byte]));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 255 })), fc.constantFrom('en', 'ja'), (tokens, language) => {
      expect(splitWords(tokens, bytes, language).flatMap((word) => word.tokens)).toEqual(tokens);
    }),
    { numRuns: 500, seed: 6 },
  );
});

test('without spaces each character is a word', () => {
  expect(textsOf(tokenizerOf('今', '日', 'は'), [0, 1, 2], 'ja')).toEqual(['今', '日', 'は']);
});

test('no tokens are no words', () => {
  expect(textsOf(tokenizerOf(), [])).toEqual([]);
});
