import path from 'node:path';
import type { TextTokenizer } from '../whisper/tokenizer';
import { EngineError } from './engine-error';
import { readJson } from './model-directory';

interface TokenizerFile {
  readonly model?: { readonly vocab?: Readonly<Record<string, number>> };
  readonly added_tokens?: readonly { readonly id: number }[];
}

/**
 * Whisper's byte-level BPE, read from a model's `tokenizer.json`.
 *
 * Decoding is a table look-up, so it is done here: the tokenizer library would take 70 MB of the server's process.
 */
export class BpeTokenizer implements TextTokenizer {
  private readonly bytes: (Uint8Array | undefined)[] = [];

  /** @throws EngineError `model_invalid` */
  constructor(modelPath: string) {
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
