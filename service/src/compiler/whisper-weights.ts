import type { ModelShape } from '../engine/model-shape';

/** A matrix whose rows are the outputs and whose columns the inputs, row by row: as PyTorch stores linear layers. */
export interface Matrix {
  readonly outputs: number;
  readonly inputs: number;
  readonly data: Float32Array;
}

export interface Linear {
  readonly weight: Matrix;
  readonly bias: Float32Array | undefined;
}

export interface Norm {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface AttentionWeights {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;
  /** What the products of queries and keys are multiplied by: 1 / sqrt(width of a head), or 1 where the weights have it. */
  readonly scale: number;
}

export interface MlpWeights {
  readonly expand: Linear;
  readonly contract: Linear;
}

export interface EncoderLayerWeights {
  readonly attentionNorm: Norm;
  readonly attention: AttentionWeights;
  readonly mlpNorm: Norm;
  readonly mlp: MlpWeights;
}

export interface DecoderLayerWeights extends EncoderLayerWeights {
  readonly crossNorm: Norm;
  readonly cross: AttentionWeights;
}

/** A convolution over three frames: [outputs, inputs, 3], as PyTorch stores it. */
export interface ConvolutionWeights {
  readonly outputs: number;
  readonly inputs: number;
  readonly data: Float32Array;
  readonly bias: Float32Array;
}

/** All weights of a Whisper model in single precision, however its files were laid out. */
export interface WhisperWeights {
  readonly shape: ModelShape;
  readonly encoder: {
    readonly convolutions: readonly [ConvolutionWeights, ConvolutionWeights];
    /** [sourcePositions, width] */
    readonly positions: Float32Array;
    readonly layers: readonly EncoderLayerWeights[];
    readonly norm: Norm;
  };
  readonly decoder: {
    /** Also the projection to the vocabulary: Whisper ties them. */
    readonly embedding: Matrix;
    /** [targetPositions, width] */
    readonly positions: Float32Array;
    readonly layers: readonly DecoderLayerWeights[];
    readonly norm: Norm;
  };
}
