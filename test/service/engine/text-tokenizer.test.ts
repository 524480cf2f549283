import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { BpeTokenizer } from '../../../service/src/engine/text-tokenizer';
import { NANO } from '../../support/nano';

const json = (file: string): object => JSON.parse(readFileSync(path.join(NANO, file), 'utf8')) as object;

describe('BpeTokenizer', () => {
  const tokenizer = new BpeTokenizer(NANO);
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
});
