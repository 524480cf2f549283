import { mergePunctuation } from '../../../../service/src/whisper/words/merge-punctuation';

const words = (...texts: string[]): Parameters<typeof mergePunctuation>[0] =>
  texts.map((text, i) => ({ text, tokens: [i], startS: i, endS: i + 1, probability: 0.5 }));

test('closing marks belong to the word before, opening ones to the word behind', () => {
  const merged = mergePunctuation(words(' He', ' said', ',', ' "', 'go', '!', '"', ' ¿', 'Qué', '?'));
  expect(merged.map(({ text }) => text)).toEqual([' He', ' said,', ' "go!"', ' ¿Qué?']);
  expect(merged.flatMap(({ tokens }) => tokens)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('the word keeps its time', () => {
  expect(mergePunctuation(words(' "', 'go', '!'))).toMatchObject([{ text: ' "go!', startS: 1, endS: 2 }]);
});

test('a mark without a word stays by itself', () => {
  expect(mergePunctuation(words('!')).map(({ text }) => text)).toEqual(['!']);
  expect(mergePunctuation(words(' ('))).toHaveLength(1);
});
