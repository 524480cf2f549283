import type { DecodingOptions } from '../whisper/decoding-options';
import type { DecodingResult } from '../whisper/decoding-result';
import type { Neighbours } from '../whisper/model';
import type { ShortContext } from '../whisper/short-context';
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
  /**
   * Whether windows are heard at short context first; `shortContextFor` knows whether the model can.
   *
   * @default - all are heard whole
   */
  readonly shortContext?: ShortContext;
  /**
   * Resident memory of the process, in bytes, above which it is replaced as soon as its work is done. It collects its
   * garbage before it says that it is above.
   *
   * @default - it is never replaced for its memory
   */
  readonly maxRssBytes?: number;
}

/** What the work on one window took, in milliseconds of the engine process. */
export interface WindowTiming {
  /** Spectrogram and encoder; both times where a window is heard again (short-context.ts). */
  readonly encodeMs: number;
  /** All else: prompt, tokens, those of attempts that were given up, and words. */
  readonly decodeMs: number;
  /** Tokens that the decoder read behind its prompt, in all attempts. */
  readonly tokens: number;
  /** From the beginning of the work to the first token of the last hearing; undefined where it came to none. */
  readonly firstTokenMs?: number;
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

/** How a piece of work ended. */
export type EngineOutcome =
  | { readonly type: 'decoded'; readonly id: number; readonly result: DecodingResult; readonly timing: WindowTiming }
  | { readonly type: 'text_encoded'; readonly id: number; readonly tokens: readonly number[] }
  | { readonly type: 'speech_detected'; readonly id: number; readonly probabilities: Float32Array }
  | { readonly type: 'measured'; readonly id: number; readonly loudest: number }
  | { readonly type: 'failed'; readonly id: number; readonly code?: WhisperErrorCode; readonly message: string }
  /** With what a window had taken until then. */
  | { readonly type: 'aborted'; readonly id: number; readonly timing?: WindowTiming };

/** From the engine process to the server. */
export type EngineResponse =
  | {
      readonly type: 'ready';
      readonly loadMs: number;
      readonly warmUpMs: number;
      /** Of the warm-up's window. */
      readonly warmUp: WindowTiming;
      readonly rssBytes: number;
    }
  | { readonly type: 'load_failed'; readonly code: EngineErrorCode; readonly message: string }
  /** The window's work goes on: it is encoded, and then now and again as its tokens come. */
  | { readonly type: 'progress'; readonly id: number }
  | (EngineOutcome & {
      /** Resident memory of the process after the work. */
      readonly rssBytes: number;
    });
