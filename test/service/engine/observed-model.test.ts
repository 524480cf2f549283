import { setTimeout as sleep } from 'node:timers/promises';
import { ObservedModel } from '../../../service/src/engine/observed-model';
import { decodeWindow } from '../../../service/src/whisper/decode-window';
import { FakeModel, scriptedModel } from '../whisper/fake-model';
import { ShortenedModel } from '../whisper/shortened-model';
import { SPECIAL, TOKENIZER } from '../whisper/small-vocabulary';

const SECOND = new Float32Array(16_000);
const OPTIONS = { task: 'transcribe', timestamps: false, temperature: 0 } as const;
const ENCODE_MS = 30;

/** A model whose encoder takes its time. */
class SlowEncoder extends FakeModel {
  override async encode(samples: Float32Array): Promise<string> {
    await sleep(ENCODE_MS);
    return super.encode(samples);
  }
}

/** A model that writes without end. */
const endless = (): FakeModel => scriptedModel(new Array<number>(448).fill(1));

describe('ObservedModel', () => {
  it('decodes as the model does', async () => {
    const parts = { special: SPECIAL, tokenizer: TOKENIZER };
    const model = new ObservedModel(scriptedModel([1, 2, 3]), () => undefined);
    const observed = await decodeWindow({ ...parts, model }, SECOND, OPTIONS);
    expect(observed).toEqual(await decodeWindow({ ...parts, model: scriptedModel([1, 2, 3]) }, SECOND, OPTIONS));
  });

  it('counts the tokens behind the prompt, and those of given-up attempts', async () => {
    const decode = async (script: readonly number[], temperature: number | readonly number[]): Promise<number> => {
      const model = new ObservedModel(scriptedModel(script), () => undefined);
      await decodeWindow({ model, special: SPECIAL, tokenizer: TOKENIZER }, SECOND, { ...OPTIONS, temperature });
      return model.timing.tokens;
    };
    expect(await decode([1, 2, 3], 0)).toBe(3);
    const repetition = new Array<number>(100).fill(1);
    expect(await decode(repetition, [0, 0.2])).toBe(200);
  });

  it('parts the encoder from the rest, and tells when the first token came', async () => {
    const model = new ObservedModel(new SlowEncoder(() => new Float32Array(SPECIAL.vocabularySize)), () => undefined);
    const started = performance.now();
    const options = { ...OPTIONS, language: 'en', maxNewTokens: 5, temperature: 0 };
    await decodeWindow({ model, special: SPECIAL, tokenizer: TOKENIZER }, SECOND, options);
    const { encodeMs, decodeMs, firstTokenMs } = model.timing;
    const tookMs = performance.now() - started;
    // A timer may fire a millisecond early.
    expect(encodeMs).toBeGreaterThanOrEqual(ENCODE_MS - 1);
    expect(firstTokenMs).toBeGreaterThanOrEqual(encodeMs);
    expect(firstTokenMs).toBeLessThanOrEqual(tookMs);
    expect(encodeMs + decodeMs).toBeLessThanOrEqual(tookMs + 1);
  });

  it('takes both hearings of a window for its work, and the first token of the one that counts', async () => {
    const slow = new SlowEncoder(() => new Float32Array(SPECIAL.vocabularySize));
    const model = new ObservedModel(
      new ShortenedModel(scriptedModel(new Array<number>(99).fill(1)), slow),
      () => undefined,
    );
    const parts = { model, special: SPECIAL, tokenizer: TOKENIZER, shortContext: { marginSeconds: 1 } };
    const result = await decodeWindow(parts, SECOND, { ...OPTIONS, language: 'en' });
    expect(result.shortContext).toEqual({ doubt: 'unended' });
    const { encodeMs, firstTokenMs, tokens } = model.timing;
    expect(encodeMs).toBeGreaterThanOrEqual(ENCODE_MS - 1);
    expect(firstTokenMs).toBeGreaterThanOrEqual(encodeMs);
    // Those of the doubted text are among them: of 23 the last one is not read.
    expect(tokens).toBe(22 + result.tokens.length - 1);
  });

  it('says that it gets on after each run of the model', async () => {
    const steps: string[] = [];
    const model = new ObservedModel(scriptedModel([1, 2]), (step) => steps.push(step));
    await decodeWindow({ model, special: SPECIAL, tokenizer: TOKENIZER }, SECOND, {
      ...OPTIONS,
      alignWords: 'whole',
    });
    // Language, the header behind it, two tokens, and the reading for the words.
    expect(steps).toEqual(['encoded', ...new Array<string>(1 + 1 + 2 + 1).fill('decoded')]);
  });

  it('takes no step more once nobody waits for the text', async () => {
    const aborter = new AbortController();
    let tokensAtAbort: number | undefined;
    const model = new ObservedModel(endless(), () => {
      if (model.timing.tokens !== 7 || tokensAtAbort !== undefined) return;
      tokensAtAbort = model.timing.tokens;
      aborter.abort(new Error('gone'));
    });
    const parts = { model, special: SPECIAL, tokenizer: TOKENIZER };
    await expect(decodeWindow(parts, SECOND, OPTIONS, aborter.signal)).rejects.toThrow('gone');
    expect([tokensAtAbort, model.timing.tokens]).toEqual([7, 7]);
  });
});
