import { readFileSync } from 'node:fs';
import path from 'node:path';
import { EngineError } from './engine-error';
import { readJson } from './model-directory';

/** What the tokens of a vocabulary stand for, in bytes. */
export interface TokenTable {
  /** Bytes of all tokens, one behind another: as an array each, 50 000 tokens would take 20 MB. */
  readonly bytes: Buffer;
  /** Where each token's bytes begin; those of the next end them, and one more stands for the end of the last. */
  readonly starts: Uint32Array;
}

/** Where a model's vocabulary is. */
export interface VocabularyFiles {
  /** A folder with `tokenizer.json`. */
  readonly path: string;
  /** A table that was written before. */
  readonly vocabularyPath?: string;
}

interface TokenizerFile {
  readonly model?: { readonly vocab?: Readonly<Record<string, number>> };
  readonly added_tokens?: readonly { readonly id: number }[];
}

/** @throws EngineError `model_invalid` */
export function tokenTableOf(directory: VocabularyFiles): TokenTable {
  return directory.vocabularyPath === undefined
    ? tokenTableFromTokenizer(directory.path)
    : readTokenTable(directory.vocabularyPath);
}

/**
 * Of a model's `tokenizer.json`: 2 MB of JSON for Whisper, a twentieth of a second.
 *
 * @throws EngineError `model_invalid`
 */
export function tokenTableFromTokenizer(modelPath: string): TokenTable {
  const file = readJson(path.join(modelPath, 'tokenizer.json')) as TokenizerFile;
  if (!file.model?.vocab) throw new EngineError('model_invalid', `tokenizer.json of ${modelPath} has no model.vocab`);
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
  const bytes = Buffer.alloc(characters);
  const starts = new Uint32Array(pieces.length + 1);
  let at = 0;
  for (let id = 0; id < pieces.length; id++) {
    const piece = pieces[id] ?? '';
    for (let i = 0; i < piece.length; i++) bytes[at++] = byteOf[piece.charCodeAt(i)] ?? QUESTION_MARK;
    starts[id + 1] = at;
  }
  return { bytes, starts };
}

const { BYTES_PER_ELEMENT } = Uint32Array;

/** The table as a file: how many tokens, where each begins and the last one ends (32 bits each, low byte first), the bytes. */
export function tokenTableFile({ bytes, starts }: TokenTable): Uint8Array {
  const numbers = Uint32Array.of(starts.length - 1, ...starts);
  return Buffer.concat([Buffer.from(numbers.buffer), bytes]);
}

/** @throws EngineError `model_invalid` */
function readTokenTable(file: string): TokenTable {
  const content = readFileSync(file);
  const count = content.length < BYTES_PER_ELEMENT ? Infinity : content.readUInt32LE();
  const begin = (count + 2) * BYTES_PER_ELEMENT;
  if (begin <= content.length) {
    const starts = new Uint32Array(
      content.buffer.slice(content.byteOffset + BYTES_PER_ELEMENT, content.byteOffset + begin),
    );
    const bytes = content.subarray(begin);
    if (starts.at(-1) === bytes.length) return { bytes, starts };
  }
  throw new EngineError('model_invalid', `${file} is cut off, or no vocabulary: run whisper-stt compile-model anew`);
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
