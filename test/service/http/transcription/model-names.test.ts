import { ModelNames } from '../../../../service/src/http/transcription/model-names';
import { failureOf } from '../../../support/failure-of';

describe('ModelNames', () => {
  const refusal = (names: ModelNames, name: string | undefined): unknown =>
    failureOf(() => {
      names.check(name);
    });

  it.each([
    ['tiny', ['tiny', 'whisper-tiny', 'openai/whisper-tiny', 'onnx-community/whisper-tiny']],
    ['whisper-tiny', ['tiny', 'whisper-tiny']],
    ['onnx-community/whisper-tiny', ['tiny', 'onnx-community/whisper-tiny']],
  ])('know a model loaded as %s by its own names', (loaded, own) => {
    const names = new ModelNames(loaded, 'known');
    for (const name of own) expect([name, names.isKnown(name)]).toEqual([name, true]);
    expect(names.isKnown('base')).toBe(false);
  });

  it.each(['whisper-1', 'gpt-transcribe', 'gpt-4o-transcribe', 'gpt-4o-mini-transcribe'])(
    'know %s, which clients send without being asked',
    (name) => {
      expect(refusal(new ModelNames('tiny', 'known'), name)).toBeUndefined();
    },
  );

  it('refuse others where only known ones are accepted', () => {
    expect(refusal(new ModelNames('tiny', 'known'), 'large-v3')).toMatchObject({
      code: 'model_not_found',
      param: 'model',
    });
    expect(refusal(new ModelNames('tiny', 'any'), 'large-v3')).toBeUndefined();
    expect(refusal(new ModelNames('tiny', 'known'), undefined)).toBeUndefined();
  });
});
