import type { TextTokenizer } from '../../../../service/src/whisper/tokenizer';
import { mergePunctuation } from '../../../../service/src/whisper/words/merge-punctuation';
import { scoreWords } from '../../../../service/src/whisper/words/score-words';

const PIECES = [' Hel', 'lo', ',', ' "', ' you', '"'];
const TOKENIZER: TextTokenizer = { decode: (tokens) => tokens.map((token) => PIECES[token]!).join('') };

test("a word's confidence is the product of the probabilities of its tokens, and punctuation has no part in it", () => {
  const text = { tokens: [0, 1, 2, 3, 4, 5], logProbs: [-0.1, -0.2, -3, -4, -0.5, -5] };
  const words = mergePunctuation(scoreWords(text, TOKENIZER, 'en'));
  expect(words.map((word) => word.text)).toEqual([' Hello,', ' " you"']);
  expect(words[0]!.confidence).toBeCloseTo(Math.exp(-0.3), 9);
  expect(words[1]!.confidence).toBeCloseTo(Math.exp(-0.5), 9);
});
