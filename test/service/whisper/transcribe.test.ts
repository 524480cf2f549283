import fc from 'fast-check';
import { plannedWindows } from '../../../service/src/whisper/decode-at-pauses';
import { decodeWindow } from '../../../service/src/whisper/decode-window';
import type { DecodingOptions } from '../../../service/src/whisper/decoding-options';
import {
  transcribe,
  transcribeSegments,
  type TranscribeOptions,
  type Transcription,
  type WindowTranscriber,
} from '../../../service/src/whisper/transcribe';
import { answering, audio, PAUSES, SEQUENTIAL, windowsOf } from './answering-transcriber';
import { randomModel } from './fake-model';
import { SPECIAL, timestamp, TOKENIZER } from './small-vocabulary';

const t = timestamp;
const S = 16_000;
describe('what decoding at pauses will ask for', () => {
  /** Tenths of a second between the ends of speech and of pauses, in turn. */
  const anyAudio = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 12 }).map((tenths) => {
    const ends = tenths.map((_, i) => tenths.slice(0, i + 1).reduce((sum, each) => sum + each) / 10);
    const speech = ends.flatMap((end, i) => (i % 2 === 1 ? [[ends[i - 1]!, end] as const] : []));
    return audio((ends.at(-1) ?? 1) + 1, ...speech);
  });
  const anyChoice = fc.record({
    language: fc.constantFrom(undefined, 'es'),
    candidateLanguages: fc.constantFrom(undefined, ['es'], ['es', 'en']),
    paddingMs: fc.constantFrom(0, 300),
    joinPauseMs: fc.constantFrom(100, 1000, undefined),
  });

  test('is known before', async () => {
    await fc.assert(
      fc.asyncProperty(anyAudio, anyChoice, async (spoken, choice) => {
        const transcriber = answering([1]);
        const options = { ...PAUSES, ...choice };
        const planned = plannedWindows(spoken, transcriber, options);
        await transcribe(spoken, transcriber, options);
        expect(planned.windows).toBe(transcriber.calls.length);
        // The window that detects the language, in which one token is wanted, does not count for its audio.
        const decoded = transcriber.calls.filter(({ options: { maxNewTokens } }) => maxNewTokens !== 1);
        const seconds = decoded.reduce((sum, { startS, endS }) => sum + endS - startS, 0);
        expect(planned.audioSeconds).toBeCloseTo(seconds, 3);
      }),
      { numRuns: 50 },
    );
  });

  test('is nothing where nobody speaks', () => {
    expect(plannedWindows(audio(5), answering(), PAUSES)).toEqual({ windows: 0, audioSeconds: 0 });
  });
});

describe('at pauses', () => {
  test('each stretch of speech is decoded by itself and timed in the audio', async () => {
    const transcriber = answering([1, 2], [3]);
    const result = await transcribe(audio(10, [1, 3], [5, 6.5]), transcriber, PAUSES);
    expect(windowsOf(transcriber)).toEqual([
      [1, 3],
      [5, 6.5],
    ]);
    expect(result).toMatchObject({ text: 'a b c', durationS: 10 });
    expect(result.segments).toEqual([
      {
        id: 0,
        seekFrames: 100,
        startS: 1,
        endS: 3,
        text: ' a b',
        language: 'es',
        tokens: [1, 2],
        tokenLogProbs: [-0.5, -0.5],
        wordConfidences: [Math.exp(-0.5), Math.exp(-0.5)],
        temperature: 0,
        avgLogProb: -0.4,
        compressionRatio: 1,
        noSpeechProb: 0.1,
      },
      expect.objectContaining({ id: 1, seekFrames: 500, startS: 5, endS: 6.5, text: ' c' }),
    ]);
  });

  test('timestamps of a window are mapped to the audio, and unfinished text is kept', async () => {
    const transcriber = answering([t(0.2), 1, t(1), t(1.2), 2]);
    const result = await transcribe(audio(10, [4, 6]), transcriber, { ...PAUSES, timestamps: true });
    expect(result.segments.map(({ startS, endS, text }) => [startS, endS, text])).toEqual([
      [4.2, 5, ' a'],
      [5.2, 6, ' b'],
    ]);
    expect(transcriber.calls).toHaveLength(1);
    expect(transcriber.calls[0]!.options.timestamps).toBe(true);
  });

  test('a window that is no speech, or blank, leaves no segment', async () => {
    const transcriber = answering({ tokens: [1], isSpeech: false }, [0], [2]);
    const result = await transcribe(audio(10, [0, 1], [2, 3], [4, 5]), transcriber, PAUSES);
    expect(result.segments.map(({ id, text }) => [id, text])).toEqual([[0, ' b']]);
    expect(result.text).toBe('b');
  });

  test('every window sees the prompt', async () => {
    const transcriber = answering([1]);
    await transcribe(audio(10, [0, 1], [2, 3]), transcriber, { ...PAUSES, promptTokens: [4, 5] });
    expect(transcriber.calls.map(({ options }) => options.promptTokens)).toEqual([
      [4, 5],
      [4, 5],
    ]);
  });

  test('the pauses that part windows and the audio around speech can be chosen', async () => {
    const transcriber = answering([1]);
    const options = { ...PAUSES, joinPauseMs: 1500, paddingMs: 250 };
    await transcribe(audio(10, [1, 2], [3, 4], [6, 7]), transcriber, options);
    expect(windowsOf(transcriber)).toEqual([
      [0.75, 4.25],
      [5.75, 7.25],
    ]);
  });

  test('by default 300 ms around the speech are heard, and pauses of less than 2 s with it', async () => {
    const transcriber = answering([1]);
    const options = { ...PAUSES, paddingMs: undefined, joinPauseMs: undefined };
    await transcribe(audio(10, [1, 2], [3.5, 4.5], [7, 8]), transcriber, options);
    expect(windowsOf(transcriber)).toEqual([
      [0.7, 4.8],
      [6.7, 8.3],
    ]);
  });

  test('a model that loses its place in long windows has its own way of joining', async () => {
    const transcriber = answering([1]);
    const small = { ...transcriber, joinPauseMs: 100 };
    await transcribe(audio(10, [1, 2], [2.0625, 3], [3.5, 4]), small, { ...PAUSES, joinPauseMs: undefined });
    expect(windowsOf(transcriber)).toEqual([
      [1, 3],
      [3.5, 4],
    ]);
  });
});

describe('sequentially', () => {
  test('the next window starts at the last timestamp, and unfinished text is decoded again', async () => {
    const transcriber = answering([t(0), 1, t(4), t(4), 2], [t(0), 2, t(2), t(2), 3], [t(0), 3, t(3)]);
    const result = await transcribe(audio(40, [0, 40]), transcriber, SEQUENTIAL);
    expect(windowsOf(transcriber)).toEqual([
      [0, 30],
      [4, 34],
      [6, 36],
      [36, 40],
    ]);
    expect(
      result.segments.slice(0, 3).map(({ startS, endS, text, seekFrames }) => [startS, endS, text, seekFrames]),
    ).toEqual([
      [0, 4, ' a', 0],
      [4, 6, ' b', 400],
      [6, 9, ' c', 600],
    ]);
    expect(transcriber.calls.every(({ options }) => options.timestamps)).toBe(true);
  });

  test('a single timestamp at the end takes the window as done', async () => {
    const transcriber = answering([t(0), 1, t(4)]);
    await transcribe(audio(45, [0, 45]), transcriber, SEQUENTIAL);
    expect(windowsOf(transcriber)).toEqual([
      [0, 30],
      [30, 45],
    ]);
  });

  test('silence is skipped, and decoding stops behind the last speech', async () => {
    const transcriber = answering([t(0), 1, t(2), t(2)]);
    const result = await transcribe(audio(100, [10, 12], [80, 82]), transcriber, { ...SEQUENTIAL, paddingMs: 500 });
    expect(windowsOf(transcriber)).toEqual([
      [9.5, 39.5],
      [11.5, 41.5],
      [79.5, 100],
      [81.5, 100],
    ]);
    expect(result.segments.at(-1)).toMatchObject({ startS: 81.5, endS: 83.5 });
  });

  test('unfinished text counts where no speech follows that it could be decoded again with', async () => {
    const transcriber = answering([t(0), 1, t(4), t(4), 2]);
    const result = await transcribe(audio(60, [0, 3.9]), transcriber, SEQUENTIAL);
    expect(transcriber.calls).toHaveLength(1);
    expect(result.text).toBe('a b');
  });

  test('a window without speech is skipped as a whole', async () => {
    const transcriber = answering({ tokens: [t(0), 1, t(4), t(4)], isSpeech: false }, [t(0), 2, t(1)]);
    const result = await transcribe(audio(40, [0, 40]), transcriber, SEQUENTIAL);
    expect(windowsOf(transcriber)).toEqual([
      [0, 30],
      [30, 40],
    ]);
    expect(result.text).toBe('b');
  });

  test('the prompt is seen by the first window alone', async () => {
    const transcriber = answering([t(0), 1, t(4)]);
    await transcribe(audio(45, [0, 45]), transcriber, { ...SEQUENTIAL, promptTokens: [5] });
    expect(transcriber.calls.map(({ options }) => options.promptTokens)).toEqual([[5], []]);
  });

  test('a window sees the text before it where that is asked for, until a temperature was high', async () => {
    const first = [t(0), 1, t(30), t(30)];
    const wild = { tokens: [t(0), 2, t(30), t(30)], temperature: 0.6 };
    const transcriber = answering(first, first, wild, first);
    const options = { ...SEQUENTIAL, promptTokens: [5], conditionOnPreviousText: true };
    await transcribe(audio(120, [0, 120]), transcriber, options);
    expect(transcriber.calls.map(({ options: { promptTokens } }) => promptTokens)).toEqual([
      [5],
      [5, t(0), 1, t(30)],
      [5, t(0), 1, t(30), t(0), 1, t(30)],
      [],
    ]);
  });

  test('a carried prompt is seen by every window, before the text before it', async () => {
    const first = [t(0), 1, t(30), t(30)];
    const wild = { tokens: first, temperature: 0.6 };
    const transcriber = answering(first, wild, first);
    const options = { ...SEQUENTIAL, promptTokens: [5, 6], carryPrompt: true };
    await transcribe(audio(90, [0, 90]), transcriber, { ...options, conditionOnPreviousText: true });
    await transcribe(audio(60, [0, 60]), transcriber, options);
    expect(transcriber.calls.map(({ options: { promptTokens } }) => promptTokens)).toEqual([
      [5, 6],
      [5, 6, t(0), 1, t(30)],
      [5, 6],
      [5, 6],
      [5, 6],
    ]);
  });

  test('every window hears what is beside it, and how loud the recording is at its loudest', async () => {
    const transcriber = answering([t(0), 1, t(4), t(4), 2], [t(0), 1, t(30)]);
    const measured: number[][] = [];
    const loudest: WindowTranscriber['loudest'] = (samples, { before, after }) => {
      measured.push([samples.length / 16_000, before.length, after.length]);
      return Promise.resolve(measured.length);
    };
    await transcribe(audio(45, [0, 45]), { ...transcriber, loudest }, SEQUENTIAL);
    expect(measured).toEqual([
      [30, 0, 200],
      [15, 200, 0],
    ]);
    const [first, second] = transcriber.calls.map(({ options }) => options.surroundings!);
    expect([first!.before.length, first!.after.length, first!.loudest]).toEqual([0, 200, 2]);
    expect(second!.before[199]).toBeCloseTo(4 - 1 / 16_000, 5);
    expect(second!.after[0]).toBeCloseTo(34, 5);
    expect(second!.loudest).toBe(2);
  });

  test('a recording of one window is not measured before it, one of two short windows is', async () => {
    const transcriber = answering([t(0), 1, t(4), t(4), 2], [t(0), 1, t(30)]);
    const loudest = jest.fn(() => Promise.resolve(7));
    await transcribe(audio(9, [0, 9]), { ...transcriber, loudest }, SEQUENTIAL);
    expect(transcriber.calls.map(({ options }) => options.surroundings!.loudest)).toEqual([undefined, 7]);
    expect(loudest).toHaveBeenCalledTimes(1);
    loudest.mockClear();
    await transcribe(audio(9, [0, 9]), { ...answering([t(0), 1, t(9)]), loudest }, SEQUENTIAL);
    expect(loudest).not.toHaveBeenCalled();
  });

  test('windows begin and end with whole frames', async () => {
    const transcriber = answering([t(0), 1, t(30)]);
    const samples = new Float32Array(40 * 16_000 + 99);
    const result = await transcribe(
      { samples, speech: [{ startSample: 100, endSample: samples.length }] },
      transcriber,
      {
        ...SEQUENTIAL,
        paddingMs: 3,
      },
    );
    // 52 samples in, the first window begins at the frame before; less than a frame at the end is not decoded.
    expect(result.segments.map(({ seekFrames, endS }) => [seekFrames, endS])).toEqual([
      [0, 30],
      [3000, 40],
    ]);
    const tiny = { samples: samples.subarray(0, 100), speech: [{ startSample: 0, endSample: 100 }] };
    expect((await transcribe(tiny, transcriber, SEQUENTIAL)).segments).toEqual([]);
  });

  test('a last timestamp at the very start of a window does not hold decoding up', async () => {
    const transcriber = answering([t(0), t(0), 1]);
    const result = await transcribe(audio(40, [0, 40]), transcriber, SEQUENTIAL);
    expect(windowsOf(transcriber)).toEqual([
      [0, 30],
      [30, 40],
    ]);
    expect(result.text).toBe('a a');
  });

  test('never loops, whatever a decoder answers, and its segments stay in order inside the audio', async () => {
    const token = fc.oneof(
      fc.integer({ min: 0, max: 6 }),
      fc.constantFrom(t(0), t(0.02), t(29.98), t(30)),
      fc.integer({ min: SPECIAL.timestampBegin, max: SPECIAL.vocabularySize - 1 }),
    );
    const answers = fc.array(fc.array(token, { maxLength: 8 }), { minLength: 1, maxLength: 4 });
    const regions = fc.array(fc.tuple(fc.nat(60), fc.nat(30)), { maxLength: 3 });
    const samples = new Float32Array(60.5 * S);
    await fc.assert(
      fc.asyncProperty(answers, regions, fc.constantFrom(PAUSES, SEQUENTIAL), async (given, speech, options) => {
        const transcriber = answering(...given);
        const result = await transcribe(
          {
            samples,
            speech: speech.map(([start, length]) => ({ startSample: start * S, endSample: (start + length) * S })),
          },
          transcriber,
          options,
        );
        // Every call moves by a timestamp step of 20 ms at least.
        expect(transcriber.calls.length).toBeLessThanOrEqual(60.5 * 50);
        let end = 0;
        for (const [i, segment] of result.segments.entries()) {
          expect(segment.id).toBe(i);
          expect(segment.startS).toBeGreaterThanOrEqual(end - 1e-9);
          expect(segment.endS).toBeGreaterThan(segment.startS);
          expect(segment.endS).toBeLessThanOrEqual(60.5 + 1e-9);
          expect(segment.text.trim()).not.toBe('');
          end = segment.endS;
        }
      }),
      { numRuns: 150 },
    );
  });

  test('ends with any model that obeys the rules', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const model = randomModel(seed);
        const transcriber: WindowTranscriber = {
          special: SPECIAL,
          tokenizer: TOKENIZER,
          loudest: () => Promise.resolve(0),
          decodeWindow: (samples, options, signal) =>
            decodeWindow({ model, special: SPECIAL, tokenizer: TOKENIZER }, samples, options, signal),
        };
        const options = { ...SEQUENTIAL, maxNewTokens: 12, conditionOnPreviousText: true };
        const { segments } = await transcribe(audio(33, [0, 33]), transcriber, options);
        expect(segments.every(({ endS }) => endS <= 33)).toBe(true);
        expect(model.alive).toBe(0);
      }),
      { numRuns: 10 },
    );
  });
});

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
