import { createRequire } from 'node:module';
import path from 'node:path';
import { readJson } from './model-directory';

/** What is used of the library, whose own declarations refer to modules that it does not ship. */
interface TokenizerLibrary {
  readonly Tokenizer: new (
    tokenizer: unknown,
    config: unknown,
  ) => { encode(text: string, options: { add_special_tokens: boolean }): { readonly ids: number[] } };
}

/** More characters than 223 tokens can stand for: what lies before them would be cut away as tokens. */
const MAX_CHARACTERS = 8_000;

/**
 * Encodes prompts with Hugging Face's tokenizer library. It takes 70 MB and an eighth of a second to set up for
 * Whisper's vocabulary, so it is created with the first prompt, and only in the engine's process, where nothing else
 * waits.
 */
export class PromptEncoder {
  private readonly encodeText: (text: string) => number[];
  private readonly special: ReadonlySet<number>;

  /** @throws EngineError `model_invalid` */
  constructor(modelPath: string) {
    const file = readJson(path.join(modelPath, 'tokenizer.json'));
    // `require` and not `import()`, which test runners that isolate modules cannot do; not at the top: see above.
    const { Tokenizer } = createRequire(__filename)('@huggingface/tokenizers') as TokenizerLibrary;
    const tokenizer = new Tokenizer(file, readJson(path.join(modelPath, 'tokenizer_config.json')));
    const { added_tokens: added = [] } = file as { added_tokens?: readonly { readonly id: number }[] };
    this.special = new Set(added.map(({ id }) => id));
    this.encodeText = (text) => tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /** Tokens of the text, or of its end where it is long; text that spells a special token does not become one. */
  encode(text: string): number[] {
    return this.encodeText(text.slice(-MAX_CHARACTERS)).filter((token) => !this.special.has(token));
  }
}
