import { joinTexts } from '../../../service/src/whisper/transcript-text';

test('texts are joined as they are where they bring their own spaces', () => {
  expect(joinTexts([' Hello.', ' How are you?'], 'en')).toBe('Hello. How are you?');
});

test('texts are joined with a space where a model writes none', () => {
  expect(joinTexts(['Hello.', 'How are you?', '...'], 'en')).toBe('Hello. How are you?...');
  expect(joinTexts(['He said.', '"Yes."', '$5', '(sic)', "'s"], 'en')).toBe(`He said. "Yes." $5 (sic)'s`);
});

test('texts are joined without a space in languages that have none', () => {
  expect(joinTexts(['こんにちは。', '元気ですか。'], 'ja')).toBe('こんにちは。元気ですか。');
});
