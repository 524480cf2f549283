import type { ByteTokenizer } from '../whisper/tokenizer';
import { tokenTableOf, type TokenTable, type VocabularyFiles } from './token-table';

/**
 * Whisper's byte-level BPE, read backwards.
 *
 * Decoding is a table look-up, so it is done here: the tokenizer library would take 70 MB of the server's process.
 */
export class BpeTokenizer implements ByteTokenizer {
  private readonly table: TokenTable;

  /** @throws EngineError `model_invalid` */
  constructor(directory: VocabularyFiles) {
    this.table = tokenTableOf(directory);
  }

  /** Special and timestamp tokens are skipped; bytes that make no character become U+FFFD. */
  decode(tokens: readonly number[]): string {
    return Buffer.concat(tokens.map((token) => this.bytesOf(token))).toString('utf8');
  }

  bytesOf(token: number): Uint8Array {
    const { bytes, starts } = this.table;
    return bytes.subarray(starts[token] ?? 0, starts[token + 1] ?? 0);
  }
}
