import fc from 'fast-check';
import { decodeWindow } from '../../../service/src/whisper/decode-window';
import { transcribe, type WindowTranscriber } from '../../../service/src/whisper/transcribe';
import { answering, audio, PAUSES, SEQUENTIAL, windowsOf } from './answering-transcriber';
import { randomModel } from './fake-model';
import { SPECIAL, timestamp, TOKENIZER } from './small-vocabulary';

const t = timestamp;
const S = 16_000;

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
