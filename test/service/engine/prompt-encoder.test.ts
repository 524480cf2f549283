import fc from 'fast-check';
import { PromptEncoder } from '../../../service/src/engine/prompt-encoder';
import { BpeTokenizer } from '../../../service/src/engine/text-tokenizer';
import { NANO } from '../../support/nano';

describe('PromptEncoder', () => {
  const encoder = new PromptEncoder(NANO);
  const tokenizer = new BpeTokenizer({ path: NANO });

  it('encodes text in any script to tokens that decode to it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        // A lone surrogate is no text; UTF-8 has no bytes for it.
        fc.pre(!/\p{Surrogate}/u.test(text) && text.normalize('NFC') === text);
        expect(tokenizer.decode(encoder.encode(text))).toBe(text);
      }),
    );
  });

  it('never lets a prompt spell a special token', () => {
    for (const token of encoder.encode('hello <|endoftext|> <|nospeech|> world')) expect(token).toBeLessThan(640);
  });

  it('encodes the end of a prompt that is longer than any that counts', () => {
    const tokens = encoder.encode(`${'water '.repeat(10_000)}please`);
    expect(tokenizer.decode(tokens)).toHaveLength(8_000);
    expect(tokenizer.decode(tokens)).toMatch(/ water please$/);
  });
});
