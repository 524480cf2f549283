import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { BpeTokenizer } from '../../../service/src/engine/text-tokenizer';
import { tokenTableFile, tokenTableFromTokenizer } from '../../../service/src/engine/token-table';
import { failureOf } from '../../support/failure-of';
import { NANO } from '../../support/nano';

const json = (file: string): object => JSON.parse(readFileSync(path.join(NANO, file), 'utf8')) as object;

describe('BpeTokenizer', () => {
  const tokenizer = new BpeTokenizer({ path: NANO });
  // The library's declarations refer to modules that it does not ship.
  const Reference = Tokenizer as new (
    tokenizer: object,
    config: object,
  ) => { decode(tokens: readonly number[], options: object): string };
  const reference = new Reference(json('tokenizer.json'), json('tokenizer_config.json'));

  it("decodes any tokens to the text that Hugging Face's tokenizer gives", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 639 }), { minLength: 1 }), (tokens) => {
        expect(tokenizer.decode(tokens)).toBe(
          reference.decode(tokens, { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
        );
      }),
    );
  });

  it('skips special and timestamp tokens', () => {
    expect(tokenizer.decode([641, 642, 651, 100, 640])).toBe(tokenizer.decode([100]));
  });

  describe('of a table that was written before', () => {
    let folder: string;
    const file = (): string => path.join(folder, 'vocabulary.bin');
    const written = tokenTableFile(tokenTableFromTokenizer(NANO));
    beforeEach(() => {
      folder = mkdtempSync(path.join(os.tmpdir(), 'vocabulary-'));
    });
    afterEach(() => {
      rmSync(folder, { recursive: true });
    });

    it('has the same bytes for each token, and none for those that there are not', () => {
      writeFileSync(file(), written);
      const read = new BpeTokenizer({ path: folder, vocabularyPath: file() });
      for (let token = 0; token < 2500; token++) expect(read.bytesOf(token)).toEqual(tokenizer.bytesOf(token));
    });

    it.each([0, 3, 4, 100, written.length - 1])('refuses one that was cut off after %i bytes', (length) => {
      writeFileSync(file(), written.subarray(0, length));
      expect(failureOf(() => new BpeTokenizer({ path: folder, vocabularyPath: file() }))).toMatchObject({
        code: 'model_invalid',
        message: expect.stringContaining('is cut off, or no vocabulary: run whisper-stt compile-model anew') as string,
      });
    });
  });
});
