import type { DecodingOptions } from '../whisper/decoding-options';
import type { DecodingResult } from '../whisper/decoding-result';
import type { Neighbours } from '../whisper/model';
import type { WhisperErrorCode } from '../whisper/whisper-error';
import type { EngineErrorCode } from './engine-error';
import type { Quantization } from './model-directory';

/** What the engine process is started with. */
export interface EngineProcessOptions {
  readonly modelStore: string;
  readonly model: string;
  readonly quantization: Quantization;
  /** Inference threads of the process. */
  readonly threads: number;
  /**
   * Model of the speech detector (speech-detector.ts).
   *
   * @default - none is loaded
   */
  readonly speechDetectorFile?: string;
}

/** From the server to the engine process. */
export type EngineRequest =
  | { readonly type: 'load'; readonly options: EngineProcessOptions }
  | { readonly type: 'decode'; readonly id: number; readonly samples: Float32Array; readonly options: DecodingOptions }
  | { readonly type: 'encode_text'; readonly id: number; readonly text: string }
  | { readonly type: 'detect_speech'; readonly id: number; readonly samples: Float32Array }
  | {
      readonly type: 'measure';
      readonly id: number;
      readonly samples: Float32Array;
      readonly neighbours: Neighbours;
    }
  | { readonly type: 'abort'; readonly id: number };

/** From the engine process to the server. */
export type EngineResponse =
  | { readonly type: 'ready'; readonly loadMs: number; readonly warmUpMs: number }
  | { readonly type: 'load_failed'; readonly code: EngineErrorCode; readonly message: string }
  | { readonly type: 'decoded'; readonly id: number; readonly result: DecodingResult }
  | { readonly type: 'text_encoded'; readonly id: number; readonly tokens: readonly number[] }
  | { readonly type: 'speech_detected'; readonly id: number; readonly probabilities: Float32Array }
  | { readonly type: 'measured'; readonly id: number; readonly loudest: number }
  | { readonly type: 'failed'; readonly id: number; readonly code?: WhisperErrorCode; readonly message: string }
  | { readonly type: 'aborted'; readonly id: number };
