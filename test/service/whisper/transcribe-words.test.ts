import { transcribe } from '../../../service/src/whisper/transcribe';
import type { AlignedWord } from '../../../service/src/whisper/words/align-words';
import { answering, audio, PAUSES, SEQUENTIAL, windowsOf } from './answering-transcriber';
import { timestamp as t } from './small-vocabulary';

describe('words', () => {
  const word = (text: string, startS: number, endS: number, probability = 0.9): AlignedWord => ({
    text,
    tokens: [text.charCodeAt(1) - 96],
    startS,
    endS,
    confidence: 0.8,
    probability,
  });
  const WORDS = { wordTimestamps: true };

  test('are timed in the audio', async () => {
    const transcriber = answering({ tokens: [1, 2], words: [word(' a', 0.2, 0.5), word(' b', 0.5, 0.9)] });
    const { segments } = await transcribe(audio(10, [4, 6]), transcriber, { ...PAUSES, ...WORDS });
    expect(transcriber.calls[0]!.options.alignWords).toBe('whole');
    expect(segments).toMatchObject([
      {
        startS: expect.closeTo(4.2, 6) as number,
        words: [
          { text: ' a', startS: expect.closeTo(4.2, 6) as number, endS: 4.5, confidence: 0.8, probability: 0.9 },
          { text: ' b', startS: 4.5, endS: expect.closeTo(4.9, 6) as number },
        ],
      },
    ]);
  });

  test('are not timed where nobody asked', async () => {
    const transcriber = answering([1]);
    const { segments } = await transcribe(audio(10, [4, 6]), transcriber, PAUSES);
    expect(transcriber.calls[0]!.options.alignWords).toBeUndefined();
    expect(segments[0]!.words).toBeUndefined();
  });

  test('end inside the audio', async () => {
    const transcriber = answering({ tokens: [1, 2], words: [word(' a', 0.9, 1.4), word(' b', 1.4, 2.3)] });
    const { segments } = await transcribe(audio(5, [3, 5]), transcriber, { ...PAUSES, ...WORDS });
    expect(segments[0]!.words!.map(({ endS }) => endS)).toEqual([4.4, 5]);
  });

  test('decide where sequential decoding goes on, unless the model says that nothing follows', async () => {
    const transcriber = answering(
      { tokens: [t(0), 1, t(4), t(4), 2], words: [word(' a', 0.1, 3.5), word(' b', 4, 5)] },
      { tokens: [t(0), 1, t(4)], words: [word(' a', 0.1, 0.5)] },
    );
    await transcribe(audio(45, [0, 45]), transcriber, { ...SEQUENTIAL, ...WORDS });
    expect(transcriber.calls[0]!.options.alignWords).toBe('closed');
    expect(windowsOf(transcriber)).toEqual([
      [0, 30],
      [3.5, 33.5],
      [33.5, 45],
    ]);
  });

  test('at the very start of a window do not hold decoding up', async () => {
    const transcriber = answering({ tokens: [t(0), 1, t(4), t(4), 2], words: [word(' a', 0, 0.1), word(' b', 4, 5)] });
    await transcribe(audio(20, [0, 20]), transcriber, { ...SEQUENTIAL, ...WORDS });
    expect(windowsOf(transcriber).slice(0, 2)).toEqual([
      [0, 20],
      [4, 20],
    ]);
  });

  test('that are heard again do not cost the prompt', async () => {
    const transcriber = answering(
      { tokens: [t(10), 1, t(12), t(12)], words: [word(' a', 10, 12, 0.05)] },
      { tokens: [t(0), 2, t(2), t(2)], words: [word(' b', 0.2, 0.6)] },
    );
    const options = { ...SEQUENTIAL, ...WORDS, hallucinationSilenceThresholdS: 2, promptTokens: [5] };
    await transcribe(audio(40, [0, 20]), transcriber, options);
    expect(transcriber.calls.slice(0, 3).map(({ options: { promptTokens } }) => promptTokens)).toEqual([[5], [5], []]);
  });

  test('that are doubtful and beside silence are heard again without it', async () => {
    const transcriber = answering(
      { tokens: [t(10), 1, t(12), t(12)], words: [word(' a', 10, 12, 0.05)] },
      { tokens: [t(0), 2, t(2), t(2)], words: [word(' b', 0.2, 0.6)] },
    );
    const options = { ...SEQUENTIAL, ...WORDS, hallucinationSilenceThresholdS: 2 };
    const { text } = await transcribe(audio(40, [0, 20]), transcriber, options);
    // The word of 2 s begins 1.4 s before its end: what is before is silence.
    expect(windowsOf(transcriber)[1]).toEqual([10.6, 40]);
    expect(text).not.toContain('a');
  });
});
