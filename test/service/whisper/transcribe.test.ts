import type { DecodingOptions } from '../../../service/src/whisper/decoding-options';
import {
  transcribe,
  transcribeSegments,
  type TranscribeOptions,
  type Transcription,
} from '../../../service/src/whisper/transcribe';
import { answering, audio, PAUSES, SEQUENTIAL } from './answering-transcriber';
import { timestamp } from './small-vocabulary';

const t = timestamp;

describe('a segment that was probably never said', () => {
  const answers = [Array.from({ length: 12 }, () => 1), [3]] as const;
  const transcribeWith = (hallucinations?: TranscribeOptions['hallucinations']): Promise<Transcription> =>
    transcribe(audio(10, [1, 4], [5, 6]), answering(...answers), { ...PAUSES, hallucinations });

  test('is kept with the reason, by default', async () => {
    const { segments, text } = await transcribeWith();
    expect(segments.map(({ hallucination }) => hallucination?.reason)).toEqual(['repetition', undefined]);
    expect(text).toBe('a a a a a a a a a a a a c');
  });

  test('is kept without one', async () => {
    const { segments } = await transcribeWith('keep');
    expect(segments.map(({ hallucination }) => hallucination)).toEqual([undefined, undefined]);
  });

  test('is left out, and the others are numbered without it', async () => {
    const { segments, text, confidence } = await transcribeWith('drop');
    expect(segments.map(({ id, text: each }) => [id, each])).toEqual([[0, ' c']]);
    expect(text).toBe('c');
    expect(confidence).toBeCloseTo(Math.exp(-0.5), 9);
  });

  test('does not speak against the good one beside it', async () => {
    const loop = [t(1), ...Array.from({ length: 12 }, () => 1), t(3)];
    const transcriber = answering({ tokens: [t(0), 2, 3, t(1), ...loop], compressionRatio: 3 });
    const options = { ...PAUSES, timestamps: true, hallucinations: 'drop' as const };
    expect((await transcribe(audio(10, [1, 5]), transcriber, options)).text).toBe('b c');
  });

  test('is kept where it is merely unlikely, as speech on a bad line is', async () => {
    const transcriber = answering({ tokens: [1], avgLogProb: -1.5 });
    const { segments } = await transcribe(audio(10, [1, 2]), transcriber, { ...PAUSES, hallucinations: 'drop' });
    expect(segments.map(({ hallucination }) => hallucination?.reason)).toEqual(['unlikely']);
  });
});

describe('the confidence', () => {
  test('is the mean of the confidences of all words that were kept', async () => {
    const transcriber = answering(
      { tokens: [t(0), 1, 2, t(1)], tokenLogProbs: [-9, -0.1, -0.2, -9] },
      { tokens: [3], tokenLogProbs: [-0.6] },
      { tokens: [4], tokenLogProbs: [-8], isSpeech: false },
    );
    const result = await transcribe(audio(10, [0, 1], [2, 3], [4, 5]), transcriber, PAUSES);
    const expected = [-0.1, -0.2, -0.6].map(Math.exp);
    expect(result.segments.flatMap(({ wordConfidences }) => wordConfidences)).toEqual(expected);
    expect(result.confidence).toBeCloseTo(expected.reduce((sum, each) => sum + each) / 3, 9);
  });

  test('counts text that was decoded twice once', async () => {
    const transcriber = answering(
      { tokens: [t(0), 1, t(4), t(4), 2], tokenLogProbs: [0, -0.1, 0, 0, -7] },
      { tokens: [t(0), 2, t(2)], tokenLogProbs: [0, -0.3, 0] },
    );
    const result = await transcribe(audio(20, [0, 20]), transcriber, SEQUENTIAL);
    expect(result.confidence).toBeCloseTo((Math.exp(-0.1) + Math.exp(-0.3)) / 2, 9);
  });

  test('is undefined where nothing was said', async () => {
    const result = await transcribe(audio(10, [0, 1]), answering({ tokens: [1], isSpeech: false }), PAUSES);
    expect(result.confidence).toBeUndefined();
  });
});

test('segments come out as soon as their window is decoded', async () => {
  const transcriber = answering([1], [2]);
  const segments = transcribeSegments(audio(10, [0, 1], [2, 3]), transcriber, PAUSES);
  expect((await segments.next()).value).toMatchObject({ id: 0, text: ' a' });
  expect(transcriber.calls).toHaveLength(1);
  await segments.next();
  expect(await segments.next()).toMatchObject({ done: true, value: { language: 'es', durationS: 10 } });
});

test('an abort between two windows ends the transcription with its reason', async () => {
  const abort = new AbortController();
  const transcriber = answering([1]);
  const segments = transcribeSegments(audio(10, [0, 1], [2, 3]), transcriber, PAUSES, abort.signal);
  await segments.next();
  const reason = new Error('the caller hung up');
  abort.abort(reason);
  await expect(segments.next()).rejects.toBe(reason);
  expect(transcriber.calls).toHaveLength(1);
});

test('the signal and the decoding options reach the decoder, the options of long audio do not', async () => {
  let seen: { readonly options: DecodingOptions; readonly reason: unknown } | undefined;
  const { decodeWindow: decode, ...rest } = answering([1]);
  const abort = new AbortController();
  const decoding = { maxNewTokens: 9, noSpeechThreshold: 0.5, logProbThreshold: -2, seed: 3, temperature: 0.2 };
  await transcribe(
    audio(2, [0, 1]),
    {
      ...rest,
      decodeWindow: (samples, options, given) => {
        abort.abort(new Error('gone'));
        seen = { options, reason: given?.reason };
        return decode(samples, options);
      },
    },
    { ...PAUSES, ...decoding, language: 'en', joinPauseMs: 1, paddingMs: 1 },
    abort.signal,
  );
  expect(seen!.reason).toBe(abort.signal.reason);
  expect(seen!.options).toEqual({
    ...decoding,
    language: 'en',
    task: 'transcribe',
    timestamps: false,
    promptTokens: [],
  });
});

test('a stretch of speech has tokens for its length, and a window of the sequential way has 224', async () => {
  const budgets = async (speechS: number, options: TranscribeOptions): Promise<(number | undefined)[]> => {
    const transcriber = answering([timestamp(0), 1, timestamp(1)]);
    await transcribe(audio(40, [0, speechS]), transcriber, { ...options, language: 'en', paddingMs: 0 });
    return transcriber.calls.map(({ options: { maxNewTokens } }) => maxNewTokens);
  };

  // 16, and 25 a second.
  expect(await budgets(2, PAUSES)).toEqual([66]);
  expect(await budgets(25, PAUSES)).toEqual([224]);
  expect(await budgets(2, { ...PAUSES, maxNewTokens: 300 })).toEqual([300]);
  expect(await budgets(2, SEQUENTIAL)).toEqual([224]);
});

test.each(['joinPauseMs', 'paddingMs'] as const)('a negative %s is refused', async (name) => {
  await expect(transcribe(audio(1), answering([1]), { ...PAUSES, [name]: -1 })).rejects.toMatchObject({
    code: 'invalid_option',
    message: expect.stringContaining(name),
  });
});
