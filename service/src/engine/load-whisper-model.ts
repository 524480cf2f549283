import type { Neighbours, WhisperModel } from '../whisper/model';
import { CompiledWhisperModel } from './compiled-whisper-model';
import type { ModelDirectory } from './model-directory';
import { OnnxWhisperModel } from './onnx-whisper-model';

/** What an encoder made of a window; only the model that made it looks inside. */
export type Features = unknown;

export interface LoadedWhisperModel extends WhisperModel<Features> {
  /** See `Surroundings.loudest`. */
  loudest(samples: Float32Array, neighbours: Neighbours): number;
  /** Gives its memory back; it cannot be used afterwards. */
  release(): Promise<void>;
}

/**
 * Loads a model of either layout.
 *
 * @param threads of ONNX Runtime, the caller's included
 * @throws EngineError, WhisperError `model_invalid`
 */
export async function loadWhisperModel(directory: ModelDirectory, threads: number): Promise<LoadedWhisperModel> {
  return directory.layout === 'compiled'
    ? CompiledWhisperModel.load(directory, threads)
    : OnnxWhisperModel.load(directory, threads);
}
