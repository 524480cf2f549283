import { decodeWindow } from '../../../service/src/whisper/decode-window';
import type { DecodingOptions } from '../../../service/src/whisper/decoding-options';
import type { DecodingResult } from '../../../service/src/whisper/decoding-result';
import { certain, FakeModel, logitsWith, scriptedModel } from './fake-model';
import { SPECIAL, timestamp as t, TOKENIZER } from './small-vocabulary';

const { startOfTranscript, transcribe, noTimestamps, endOfText, noSpeech } = SPECIAL;
const EN = 22;
const ENGLISH: DecodingOptions = { language: 'en', task: 'transcribe', timestamps: false, temperature: 0 };
const TIMED: DecodingOptions = { ...ENGLISH, timestamps: true };
const SECOND = new Float32Array(16_000);

function decode(
  model: FakeModel,
  options: DecodingOptions,
  { samples = SECOND, signal }: { readonly samples?: Float32Array; readonly signal?: AbortSignal } = {},
): Promise<DecodingResult> {
  return decodeWindow({ model, special: SPECIAL, tokenizer: TOKENIZER }, samples, options, signal);
}

describe('words', () => {
  test('are those of a text that is read once more, behind the bare header and on the same encoding', async () => {
    const model = scriptedModel([t(0), 1, 2, t(1)]);
    const { words } = await decode(model, { ...TIMED, alignWords: 'whole', promptTokens: [9] });
    expect(model.encoded).toEqual([16_000]);
    expect(model.attended).toEqual([[startOfTranscript, EN, transcribe, noTimestamps, 1, 2, endOfText]]);
    // The model attends to positions up to 39, of 20 ms each, while it expects the first token, and to ten more a token.
    expect(words).toMatchObject([
      { text: ' a', tokens: [1], startS: 0, endS: 0.8 },
      { text: ' b', tokens: [2], startS: 0.8, endS: expect.closeTo(1, 1) as number },
    ]);
  });

  test('have the mean probability of their tokens among the text tokens, without the rules', async () => {
    const model = scriptedModel([1]);
    const { words } = await decode(model, { ...ENGLISH, alignWords: 'whole' });
    // certain() gives one of the 20 text tokens a logit of 20; end-of-text and all above it count for nothing.
    expect(words![0]!.probability).toBeCloseTo(1 / (1 + 19 * Math.exp(-20)), 9);
  });

  test('of closed segments are timed without the text that is decoded again', async () => {
    const model = scriptedModel([t(0), 1, t(0.4), t(0.4), 2]);
    const { words } = await decode(model, { ...TIMED, alignWords: 'closed' });
    expect(model.attended.map((tokens) => tokens.slice(4))).toEqual([
      [1, 2, endOfText],
      [1, endOfText],
    ]);
    expect(words!.map(({ text }) => text)).toEqual([' a', ' b']);
  });

  test('are none where nobody speaks, and undefined where nobody asked', async () => {
    const silent = new FakeModel(() => logitsWith({ [noSpeech]: 20 }));
    const options = { ...ENGLISH, alignWords: 'whole' as const, maxNewTokens: 2 };
    expect((await decode(silent, options)).words).toEqual([]);
    expect(silent.attended).toEqual([]);
    expect((await decode(scriptedModel([1]), ENGLISH)).words).toBeUndefined();
  });

  test('are not timed any more when nobody waits for them', async () => {
    const aborter = new AbortController();
    const model = scriptedModel([t(0), 1, t(0.4), t(0.4), 2]);
    const attend = model.attend.bind(model);
    model.attend = (features, tokens, read) => {
      aborter.abort(new Error('gone'));
      return attend(features, tokens, read);
    };
    const options = { ...TIMED, alignWords: 'closed' as const };
    await expect(decode(model, options, { signal: aborter.signal })).rejects.toThrow('gone');
    expect(model.attended).toHaveLength(1);
  });

  test('of a model that does not put out its attention are refused before anything is computed', async () => {
    const model = new FakeModel(() => certain(1), false);
    await expect(decode(model, { ...ENGLISH, alignWords: 'whole' })).rejects.toMatchObject({
      code: 'words_unavailable',
      message: expect.stringContaining('_timestamped') as string,
    });
    expect(model.encoded).toEqual([]);
  });

  test('of audio shorter than a position all stand at its beginning', async () => {
    const { words } = await decode(
      scriptedModel([1]),
      { ...ENGLISH, alignWords: 'whole' },
      { samples: new Float32Array(100) },
    );
    expect(words).toMatchObject([{ startS: 0, endS: 0 }]);
  });
});
