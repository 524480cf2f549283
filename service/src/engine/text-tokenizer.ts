import { createRequire } from 'node:module';
import path from 'node:path';
import type { TextTokenizer } from '../whisper/tokenizer';
import { EngineError } from './engine-error';
import { readJson } from './model-directory';

/** What is used of the library, whose own declarations refer to modules that it does not ship. */
interface TokenizerLibrary {
  readonly Tokenizer: new (
    tokenizer: unknown,
    config: unknown,
  ) => { encode(text: string, options: { add_special_tokens: boolean }): { readonly ids: number[] } };
}

interface TokenizerFile {
  readonly model?: { readonly vocab?: Readonly<Record<string, number>> };
  readonly added_tokens?: readonly { readonly id: number }[];
}

/**
 * Whisper's byte-level BPE, read from a model's `tokenizer.json`.
 *
 * Decoding is a table look-up, so it is done here: the tokenizer library takes 70 MB and an eighth of a second for
 * Whisper's vocabulary, and only a prompt needs it (for encoding). It is loaded with the first one.
 */
export class BpeTokenizer implements TextTokenizer {
  private readonly bytes: (Uint8Array | undefined)[] = [];
  private encoder: ((text: string) => number[]) | undefined;

  /** @throws EngineError `model_invalid` */
  constructor(private readonly modelPath: string) {
    const file = readJson(path.join(modelPath, 'tokenizer.json')) as TokenizerFile;
    if (!file.model?.vocab) {
      throw new EngineError('model_invalid', `tokenizer.json of ${modelPath} has no model.vocab`);
    }
    const added = new Set(file.added_tokens?.map(({ id }) => id));
    const byteOf = byteAlphabet();
    for (const [piece, id] of Object.entries(file.model.vocab)) {
      if (!added.has(id)) this.bytes[id] = Uint8Array.from(piece, (character) => byteOf.get(character) ?? 0x3f);
    }
  }

  /** Special and timestamp tokens are skipped; bytes that make no character become U+FFFD. */
  decode(tokens: readonly number[]): string {
    return Buffer.concat(tokens.flatMap((token) => this.bytes[token] ?? [])).toString('utf8');
  }

  encode(text: string): number[] {
    this.encoder ??= loadEncoder(this.modelPath);
    const tokens = this.encoder(text);
    // Text that spells a special token (`<|endoftext|>`) must not become one.
    return tokens.filter((token) => this.bytes[token] !== undefined);
  }
}

function loadEncoder(modelPath: string): (text: string) => number[] {
  const { Tokenizer } = createRequire(__filename)('@huggingface/tokenizers') as TokenizerLibrary;
  const tokenizer = new Tokenizer(
    readJson(path.join(modelPath, 'tokenizer.json')),
    readJson(path.join(modelPath, 'tokenizer_config.json')),
  );
  return (text) => tokenizer.encode(text, { add_special_tokens: false }).ids;
}

/**
 * GPT-2's printable alphabet for bytes: visible Latin-1 characters stand for themselves, the other bytes for the
 * characters from U+0100 on.
 */
function byteAlphabet(): ReadonlyMap<string, number> {
  const alphabet = new Map<string, number>();
  let shifted = 0x100;
  for (let byte = 0; byte < 0x100; byte++) {
    const visible = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    alphabet.set(String.fromCharCode(visible ? byte : shifted++), byte);
  }
  return alphabet;
}
