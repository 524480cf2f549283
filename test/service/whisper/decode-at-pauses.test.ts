import fc from 'fast-check';
import { plannedWindows } from '../../../service/src/whisper/decode-at-pauses';
import { transcribe } from '../../../service/src/whisper/transcribe';
import { answering, audio, PAUSES, windowsOf } from './answering-transcriber';
import { timestamp } from './small-vocabulary';

const t = timestamp;

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
