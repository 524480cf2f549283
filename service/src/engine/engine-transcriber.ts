import { specialTokensFrom } from '../whisper/special-tokens';
import type { WindowTranscriber } from '../whisper/transcribe';
import type { Engine } from './engine';
import type { ModelDirectory } from './model-directory';
import { BpeTokenizer } from './text-tokenizer';

/**
 * What long-form decoding needs of a model whose windows the engine decodes.
 *
 * @throws EngineError, WhisperError `model_invalid`
 */
export function engineTranscriber(engine: Engine, directory: ModelDirectory): WindowTranscriber {
  return {
    decodeWindow: (samples, options, signal) => engine.decodeWindow(samples, options, signal),
    special: specialTokensFrom(directory.generationConfig, directory.config),
    tokenizer: new BpeTokenizer(directory.path),
  };
}
