import type { DecodedAudio } from '../../../../service/src/audio/decoded-audio';
import { transcribeAudio, type RequestTranscriber } from '../../../../service/src/http/transcription/transcribe-audio';
import type { TranscriptionRequest } from '../../../../service/src/http/transcription/transcription-request';
import type { Transcription } from '../../../../service/src/whisper/transcribe';
import { WhisperError } from '../../../../service/src/whisper/whisper-error';
import { answering, audio } from '../../whisper/answering-transcriber';
import { TOKENIZER } from '../../whisper/small-vocabulary';

const S = 16_000;
const WANTED: TranscriptionRequest = { task: 'transcribe', timestamps: false, temperature: 0 };

function recording(durationS: number, ...speech: (readonly [number, number])[]): DecodedAudio {
  return {
    ...audio(durationS, ...speech),
    durationS,
    source: { container: 'wav', encoding: 'pcm_s16le', sampleRateHz: S, channels: 1 },
  };
}

/** What {@link answering} answers, with what the server needs beside it; a prompt's tokens are its length. */
function transcriberOf(...answers: Parameters<typeof answering>): RequestTranscriber & ReturnType<typeof answering> {
  return {
    ...answering(...answers),
    tokenizer: { ...TOKENIZER, bytesOf: () => new Uint8Array() },
    encodePrompt: (prompt) => Promise.resolve([prompt.length]),
    confirmSpeech: ({ speech }) => Promise.resolve(speech),
  };
}

/** What the transcriber makes of it, and the work that there was said to be. */
async function heardBy(
  heard: DecodedAudio,
  wanted: TranscriptionRequest,
  transcriber: RequestTranscriber,
): Promise<Transcription & { readonly expected: readonly { readonly windows: number }[] }> {
  const expected: { readonly windows: number }[] = [];
  const transcription = await transcribeAudio(heard, wanted, transcriber, new AbortController().signal, {
    onWork: (work) => expected.push(work),
  });
  return { ...transcription, expected };
}

/** A model that cannot time words, and says so as the decoder does. */
function untimed(transcriber: ReturnType<typeof transcriberOf>): ReturnType<typeof transcriberOf> {
  return {
    ...transcriber,
    decodeWindow: (samples, options, abort) =>
      options.alignWords === undefined
        ? transcriber.decodeWindow(samples, options, abort)
        : Promise.reject(new WhisperError('words_unavailable', 'Words cannot be timed.')),
  };
}

it('zero is the temperatures for callers who wait; others are taken as they are', async () => {
  const transcriber = transcriberOf([1]);
  await heardBy(recording(2, [0, 2]), WANTED, transcriber);
  await heardBy(recording(2, [0, 2]), { ...WANTED, temperature: [0, 1] }, transcriber);
  expect(transcriber.calls.map(({ options }) => options.temperature)).toEqual([
    [0, 0.2, 0.6],
    [0, 1],
  ]);
});

it('a prompt and keywords are made tokens of, and not where nobody speaks', async () => {
  const transcriber = transcriberOf([1]);
  const wanted = { ...WANTED, prompt: 'before', keywords: ['one', 'two'] };
  await heardBy(recording(2, [0, 2]), wanted, transcriber);
  expect(transcriber.calls[0]!.options).toMatchObject({ promptTokens: [6], hotWordTokens: [8] });
  const silent = { ...transcriber, encodePrompt: () => Promise.reject(new Error('nobody speaks')) };
  expect(await heardBy(recording(2), wanted, silent)).toMatchObject({ text: '', segments: [] });
});

it('words come without their times where they may and the model cannot time them', async () => {
  const wanted = { ...WANTED, wordTimestamps: true };
  const transcriber = untimed(transcriberOf([1, 2]));
  await expect(heardBy(recording(2, [0, 2]), wanted, transcriber)).rejects.toThrow('cannot be timed');
  const { text, segments } = await heardBy(recording(2, [0, 2]), { ...wanted, wordsMayLackTimes: true }, transcriber);
  expect(text).toBe('a b');
  expect(segments[0]!.words).toBeUndefined();
});

it('other faults stay faults, whatever words may lack', async () => {
  const broken = { ...transcriberOf([1]), decodeWindow: () => Promise.reject(new Error('broken')) };
  const wanted = { ...WANTED, wordTimestamps: true, wordsMayLackTimes: true };
  await expect(heardBy(recording(2, [0, 2]), wanted, broken)).rejects.toThrow('broken');
});

it('of the language alone no text is decoded', async () => {
  const transcriber = transcriberOf([1, 2]);
  const result = await heardBy(recording(2, [0, 2]), { ...WANTED, languageDetection: 'alone' }, transcriber);
  expect(result).toMatchObject({ text: '', segments: [], language: 'es', languageProbability: 0.75, durationS: 2 });
  expect(transcriber.calls.map(({ options }) => options.maxNewTokens)).toEqual([1]);
  const silent = await heardBy(recording(2), { ...WANTED, languageDetection: 'alone' }, transcriber);
  expect(silent).toMatchObject({ language: 'en', languageProbability: undefined, languageCandidates: undefined });
});

it('languages are detected beside a text whose language was given, and once where it was not', async () => {
  const wanted = { ...WANTED, languageDetection: 'besides' } as const;
  const given = transcriberOf([1, 2]);
  const result = await heardBy(recording(2, [0, 2]), { ...wanted, language: 'en' }, given);
  expect(result).toMatchObject({ text: 'a b', language: 'en', languageCandidates: [{ language: 'es' }] });
  expect(given.calls).toHaveLength(2);
  const detected = transcriberOf([1, 2]);
  expect(await heardBy(recording(2, [0, 2]), wanted, detected)).toMatchObject({ language: 'es' });
  expect(detected.calls).toHaveLength(1);
});

it('of a part nothing outside of it is heard, and times are those of the whole', async () => {
  const transcriber = transcriberOf([1]);
  const { segments, durationS } = await heardBy(
    recording(20, [1, 3], [10, 12]),
    { ...WANTED, part: { startS: 5, endS: Infinity } },
    transcriber,
  );
  expect(segments).toHaveLength(1);
  expect(segments[0]!.startS).toBeGreaterThan(9);
  expect(durationS).toBe(20);
});

it.each([
  ['each stretch of speech', { language: 'en' }, 2],
  ['and one more to detect the language first', {}, 3],
  ['the language alone', { languageDetection: 'alone' }, 1],
  ['and one more to detect it besides', { language: 'en', languageDetection: 'besides' }, 3],
  ['no more where it is detected anyway', { languageDetection: 'besides' }, 3],
] as const)('the engine is told how often it will be asked: %s', async (_what, options, windows) => {
  const transcriber = transcriberOf([1]);
  const { expected } = await heardBy(recording(30, [0, 2], [20, 22]), { ...WANTED, ...options }, transcriber);
  expect(expected.map((work) => work.windows)).toEqual([windows]);
  expect(transcriber.calls).toHaveLength(windows);
});

it('the engine is told of no work where nobody speaks', async () => {
  const transcriber = transcriberOf([1]);
  for (const languageDetection of [undefined, 'alone', 'besides'] as const) {
    const { expected } = await heardBy(recording(30), { ...WANTED, languageDetection }, transcriber);
    expect(expected.map((work) => work.windows)).toEqual([0]);
  }
  expect(transcriber.calls).toHaveLength(0);
});
