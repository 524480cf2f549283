import path from 'node:path';
import type { ByteTokenizer } from '../whisper/tokenizer';
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
export class BpeTokenizer implements ByteTokenizer {
  /** Bytes of all tokens, one behind another: as an array each, 50 000 tokens would take 20 MB. */
  private readonly bytes: Buffer;
  /** Where each token's bytes begin; those of the next end them. */
  private readonly starts: Uint32Array;

  /** @throws EngineError `model_invalid` */
  constructor(modelPath: string) {
    const file = readJson(path.join(modelPath, 'tokenizer.json')) as TokenizerFile;
    if (!file.model?.vocab) {
      throw new EngineError('model_invalid', `tokenizer.json of ${modelPath} has no model.vocab`);
    }
    const added = new Set(file.added_tokens?.map(({ id }) => id));
    const { vocab } = file.model;
    const pieces: string[] = [];
    let characters = 0;
    // A loop over keys, and an array by character code: the server and its engine both wait for this when they start, and
    // Object.entries and a Map take several times as long.
    for (const piece in vocab) {
      if (added.has(vocab[piece]!)) continue;
      pieces[vocab[piece]!] = piece;
      characters += piece.length;
    }
    const byteOf = byteAlphabet();
    this.bytes = Buffer.alloc(characters);
    // One more than there are tokens, for the end of the last.
    this.starts = new Uint32Array(pieces.length + 1);
    let at = 0;
    for (let id = 0; id < pieces.length; id++) {
      const piece = pieces[id] ?? '';
      for (let i = 0; i < piece.length; i++) this.bytes[at++] = byteOf[piece.charCodeAt(i)] ?? QUESTION_MARK;
      this.starts[id + 1] = at;
    }
  }

  /** Special and timestamp tokens are skipped; bytes that make no character become U+FFFD. */
  decode(tokens: readonly number[]): string {
    return Buffer.concat(tokens.map((token) => this.bytesOf(token))).toString('utf8');
  }

  bytesOf(token: number): Uint8Array {
    return this.bytes.subarray(this.starts[token] ?? 0, this.starts[token + 1] ?? 0);
  }
}

/** Stands for a character that is none of the alphabet's. */
const QUESTION_MARK = 0x3f;

/**
 * GPT-2's printable alphabet for bytes: visible Latin-1 characters stand for themselves, the other bytes for the
 * characters from U+0100 on.
 *
 * @returns the byte of each character, by its code
 */
function byteAlphabet(): Uint8Array {
  const alphabet = new Uint8Array(2 * 0x100).fill(QUESTION_MARK);
  let shifted = 0x100;
  for (let byte = 0; byte < 0x100; byte++) {
    const visible = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    alphabet[visible ? byte : shifted++] = byte;
  }
  return alphabet;
}
