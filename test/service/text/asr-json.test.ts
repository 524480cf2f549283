import { asrJson } from '../../../service/src/text/asr-json';
import type { Segment } from '../../../service/src/whisper/segments';
import type { Transcription } from '../../../service/src/whisper/transcribe';
import { segmentOf, wordsOf } from './segment-of';

const transcription = (words?: Segment['words']): Transcription => ({
  text: 'Good night.',
  segments: [
    segmentOf({
      id: 3,
      text: ' Good night.',
      seekFrames: 12,
      startS: 0.1 + 0.2,
      endS: 2,
      words,
    }),
  ],
  language: 'en',
  languageProbability: 0.75,
  languageCandidates: undefined,
  durationS: 2.5,
  confidence: 0.9,
});

it("has openai/whisper's fields, its language as a code", () => {
  const json = asrJson(transcription());
  expect(Object.keys(json)).toEqual(['text', 'segments', 'language']);
  expect(json).toMatchObject({ text: 'Good night.', language: 'en' });
  expect(json.segments[0]).toMatchObject({
    id: 3,
    seek: 12,
    start: 0.3,
    end: 2,
    text: ' Good night.',
    tokens: [],
    temperature: 0,
    avg_logprob: -0.25,
    compression_ratio: 1,
    no_speech_prob: 0.1,
  });
  expect(JSON.stringify(json)).not.toContain('words');
});

it('has words with their leading space, their times and their probability where they were asked for', () => {
  expect(asrJson(transcription(wordsOf(' Good', ' night.'))).segments[0]!.words).toEqual([
    { word: ' Good', start: 0, end: 0.5, probability: 0.8 },
    { word: ' night.', start: 0.5, end: 1, probability: 0.8 },
  ]);
});
