import { isWrittenWithSpaces, languageCode, languageName, LANGUAGES } from '../../../service/src/whisper/languages';
import { failureOf } from '../../support/failure-of';

test('Whisper knows 100 languages, each with its own name', () => {
  expect(Object.keys(LANGUAGES)).toHaveLength(100);
  expect(new Set(Object.values(LANGUAGES)).size).toBe(100);
});

test.each([
  ['en', 'en'],
  ['EN', 'en'],
  ['english', 'en'],
  ['English', 'en'],
  [' Haitian Creole ', 'ht'],
  ['en-US', 'en'],
  ['pt_BR', 'pt'],
  ['zh-Hant-TW', 'zh'],
  ['mandarin', 'zh'],
  ['nb-NO', 'no'],
  ['haw', 'haw'],
  ['yue', 'yue'],
])('%p is %p', (language, code) => {
  expect(languageCode(language)).toBe(code);
});

test('every code and every name is accepted', () => {
  for (const [code, name] of Object.entries(LANGUAGES)) {
    expect([languageCode(code), languageCode(name), languageName(code)]).toEqual([code, code, name]);
  }
});

test.each(['', 'klingon', 'xx-US', 'constructor', '-'])('%p is refused as unsupported', (language) => {
  expect(failureOf(() => languageCode(language))).toMatchObject({ code: 'unsupported_language' });
});

test('only languages of scripts without spaces are written without spaces', () => {
  expect(['en', 'ko', 'ar', 'vi'].map(isWrittenWithSpaces)).toEqual([true, true, true, true]);
  expect(['ja', 'zh', 'th'].map(isWrittenWithSpaces)).toEqual([false, false, false]);
});
