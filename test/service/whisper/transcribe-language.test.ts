import { transcribe } from '../../../service/src/whisper/transcribe';
import { answering, audio, PAUSES } from './answering-transcriber';
import { SPECIAL } from './small-vocabulary';

describe('the language', () => {
  test('is detected in the first 30 s of speech, not in its first sound', async () => {
    const transcriber = answering([1], [2], [3], [4]);
    const options = { ...PAUSES, language: undefined, candidateLanguages: ['es', 'de'] };
    const result = await transcribe(audio(60, [0, 1], [2, 3], [10, 50]), transcriber, options);
    const [detection, ...windows] = transcriber.calls;
    expect(detection).toMatchObject({ startS: 0, endS: 30 });
    expect(detection!.options).toMatchObject({ candidateLanguages: ['es', 'de'], maxNewTokens: 1, timestamps: false });
    expect(windows.map(({ options: { language } }) => language)).toEqual(['es', 'es', 'es', 'es']);
    expect(result).toMatchObject({ language: 'es', languageProbability: 0.75 });
  });

  test('is that of the first window with speech where the beginning holds none', async () => {
    const noise = { tokens: [1], isSpeech: false, language: 'de', languageProbability: 0.4 };
    const transcriber = answering(noise, noise, [2], [3]);
    const result = await transcribe(audio(10, [0, 1], [2, 3], [4, 5]), transcriber, { ...PAUSES, language: undefined });
    expect(transcriber.calls.map(({ options: { language } }) => language)).toEqual([
      undefined,
      undefined,
      undefined,
      'es',
    ]);
    expect(result).toMatchObject({ language: 'es', languageProbability: 0.75 });
  });

  test('of a single window costs no extra run of the model', async () => {
    const transcriber = answering([2]);
    await transcribe(audio(10, [0, 1]), transcriber, { ...PAUSES, language: undefined });
    expect(transcriber.calls).toHaveLength(1);
  });

  test('that can be but one costs no extra run of the model', async () => {
    const transcriber = answering([1], [2]);
    const options = { ...PAUSES, language: undefined };
    const twice = audio(10, [0, 1], [2, 3]);
    await transcribe(twice, transcriber, { ...options, candidateLanguages: ['es'] });
    const englishOnly = { ...SPECIAL, multilingual: false, languages: new Map<string, number>() };
    await transcribe(twice, { ...transcriber, special: englishOnly }, options);
    expect(transcriber.calls).toHaveLength(4);
  });

  test('that was given is used for every window, without a probability', async () => {
    const transcriber = answering([2]);
    const result = await transcribe(audio(10, [0, 1], [2, 3]), transcriber, { ...PAUSES, language: 'de' });
    expect(transcriber.calls.map(({ options: { language } }) => language)).toEqual(['de', 'de']);
    expect(result).toMatchObject({ language: 'de', languageProbability: undefined });
  });

  test.each([
    ['the given one', { language: 'de' }, 'de'],
    ['the first candidate', { candidateLanguages: ['es', 'de'] }, 'es'],
    ['English', {}, 'en'],
  ])('of audio without speech is %s, and the model is not called', async (_, options, language) => {
    for (const strategy of ['pauses', 'sequential'] as const) {
      const transcriber = answering([1]);
      const result = await transcribe(audio(10), transcriber, { ...PAUSES, language: undefined, strategy, ...options });
      expect(transcriber.calls).toEqual([]);
      expect(result).toEqual({
        text: '',
        segments: [],
        language,
        languageProbability: undefined,
        durationS: 10,
        confidence: undefined,
      });
    }
  });

  test('that the model does not know is refused, also for silence', async () => {
    await expect(transcribe(audio(1), answering([1]), { ...PAUSES, language: 'fr' })).rejects.toMatchObject({
      code: 'unsupported_language',
    });
  });
});
