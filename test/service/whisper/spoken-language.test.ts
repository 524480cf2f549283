import { detectSpokenLanguages } from '../../../service/src/whisper/spoken-language';
import { answering, audio } from './answering-transcriber';

const CANDIDATES = [
  { language: 'es', probability: 0.75 },
  { language: 'en', probability: 0.25 },
];

test('languages are detected by the speech alone, without its text', async () => {
  const transcriber = answering([1, 2]);
  const languages = await detectSpokenLanguages(audio(60, [10, 12], [40, 43]), transcriber);
  expect(languages).toEqual([{ language: 'es', probability: 0.75 }]);
  expect(transcriber.calls).toHaveLength(1);
  const [{ startS, endS, options }] = transcriber.calls as [(typeof transcriber.calls)[number]];
  expect(startS).toBeCloseTo(9.7, 3);
  // Both stretches of speech, with 300 ms around each.
  expect(endS - startS).toBeCloseTo(2.6 + 3.6, 3);
  expect(options).toMatchObject({ maxNewTokens: 1, timestamps: false });
  expect(options.language).toBeUndefined();
});

test('long speech is listened to for 30 s', async () => {
  const transcriber = answering([1]);
  await detectSpokenLanguages(audio(100, [0, 100]), transcriber);
  expect(transcriber.calls[0]!.endS - transcriber.calls[0]!.startS).toBeCloseTo(30, 3);
});

test('where nobody speaks no language is spoken, and the model is not asked', async () => {
  const transcriber = answering([1]);
  expect(await detectSpokenLanguages(audio(10), transcriber)).toEqual([]);
  expect(transcriber.calls).toHaveLength(0);
});

test('what the model does not take for speech has no language', async () => {
  const transcriber = answering({ tokens: [1], isSpeech: false, languageCandidates: CANDIDATES });
  expect(await detectSpokenLanguages(audio(10, [1, 2]), transcriber)).toEqual([]);
});

test('a model of English alone hears English', async () => {
  const transcriber = answering([1]);
  const english = { ...transcriber, special: { ...transcriber.special, multilingual: false } };
  expect(await detectSpokenLanguages(audio(10, [1, 2]), english)).toEqual([{ language: 'en', probability: 1 }]);
  expect(transcriber.calls).toHaveLength(0);
});
