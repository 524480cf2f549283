import { whisperCppJson, whisperCppVerboseJson } from '../../../service/src/text/whisper-cpp-json';
import type { Transcription } from '../../../service/src/whisper/transcribe';
import { SPECIAL, timestamp, TOKENIZER } from '../whisper/small-vocabulary';
import { segmentOf, wordsOf } from './segment-of';

const vocabulary = { tokenizer: { ...TOKENIZER, bytesOf: () => new Uint8Array() }, special: SPECIAL };
/** Tokens 1 and 2 are " a" and " b". */
const segments = [
  segmentOf({
    id: 0,
    text: ' a b',
    startS: 0.5,
    endS: 1.25,
    tokens: [timestamp(0.5), 1, 2, timestamp(1.24)],
    tokenLogProbs: [-9, Math.log(0.5), Math.log(0.25), -9],
    temperature: 0.2,
    noSpeechProb: 0.125,
  }),
  segmentOf({ id: 1, text: ' a', tokens: [1], tokenLogProbs: [-1] }),
];
const transcription: Transcription = {
  text: 'a b a',
  segments,
  language: 'de',
  languageProbability: undefined,
  languageCandidates: undefined,
  durationS: 2.5,
  confidence: 0.9,
};

it('json is a line a segment, each with its leading space', () => {
  expect(whisperCppJson(transcription)).toEqual({ text: ' a b\n a\n' });
});

it('verbose_json has segments with text tokens, their mean log-probability, and words with their probability', () => {
  const json = whisperCppVerboseJson(transcription, vocabulary, { task: 'translate', timestamps: true });
  expect(json).toMatchObject({ task: 'translate', language: 'german', duration: 2.5, text: ' a b\n a\n' });
  expect(json.segments[0]).toEqual({
    id: 0,
    text: ' a b',
    start: 0.5,
    end: 1.25,
    words: [
      { word: ' a', probability: expect.closeTo(0.5) as number },
      { word: ' b', probability: expect.closeTo(0.25) as number },
    ],
    tokens: [1, 2],
    temperature: 0.2,
    avg_logprob: expect.closeTo((Math.log(0.5) + Math.log(0.25)) / 2) as number,
    no_speech_prob: 0.125,
  });
  expect(json.segments[1]!.avg_logprob).toBe(-1);
});

it('words that were timed have their times', () => {
  const timed = { ...transcription, segments: [{ ...segments[0]!, words: wordsOf(' a', ' b') }] };
  const json = whisperCppVerboseJson(timed, vocabulary, { task: 'transcribe', timestamps: true });
  expect(json.segments[0]!.words).toEqual([
    { word: ' a', start: 0, end: 0.5, probability: 0.9 },
    { word: ' b', start: 0.5, end: 1, probability: 0.9 },
  ]);
});

it('without timestamps no segment has a start or an end', () => {
  const json = whisperCppVerboseJson(transcription, vocabulary, { task: 'transcribe', timestamps: false });
  expect(JSON.stringify(json)).not.toMatch(/"(start|end)"/);
});

it('the languages that were detected are listed by code, the negligible ones left out', () => {
  const languages = [
    { language: 'de', probability: 0.9 },
    { language: 'en', probability: 0.0995 },
    { language: 'es', probability: 0.0005 },
  ];
  const json = whisperCppVerboseJson(transcription, vocabulary, { task: 'transcribe', timestamps: true, languages });
  expect(json).toMatchObject({ detected_language: 'german', detected_language_probability: 0.9 });
  expect(json.language_probabilities).toEqual({ de: 0.9, en: 0.0995 });
  const without = whisperCppVerboseJson(transcription, vocabulary, { task: 'transcribe', timestamps: true });
  expect(JSON.stringify(without)).not.toMatch(/detected|probabilities/);
});
