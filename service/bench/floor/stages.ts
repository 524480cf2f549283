import type { ModelShape } from '../../src/engine/model-shape';
import type { KernelTimes } from './profile';
import type { MachinePeaks } from './machine-peaks';

/** Where the time of a graph goes, and the least that it could be. */
export interface Stage {
  readonly graph: 'encoder' | 'decoder';
  readonly name: string;
  /** Kernels that do it; all others of the graph belong to the stage that names none. */
  readonly operators: readonly string[];
  /** Multiplications and additions, and what is read at least, of one run. */
  readonly operations: number;
  readonly bytes: number;
  readonly floorMs: number;
  /** What stands in the way of the floor. */
  readonly gap: string;
}

/** What is heard, and written of it. */
export interface StageCase {
  readonly seconds: number;
  /** Tokens that a step of the decoder attends to, on average. */
  readonly pastTokens: number;
}

const FRAMES_PER_SECOND = 100;
const FRAME_SAMPLES = 400;
const FREQUENCY_BINS = FRAME_SAMPLES / 2 + 1;
const FLOAT_BYTES = 4;

/** By the arithmetic of Whisper's layers; the numbers of a compiled model in 8 bits. */
export function stagesOf(shape: ModelShape, { seconds, pastTokens }: StageCase, peaks: MachinePeaks): readonly Stage[] {
  const { width, heads, melBins, sourcePositions: positions, encoderLayers, decoderLayers, vocabulary } = shape;
  const product = (rows: number, inputs: number, outputs: number): number => 2 * rows * inputs * outputs;
  const frames = seconds * FRAMES_PER_SECOND;
  const early =
    product(frames, FRAME_SAMPLES, 2 * FREQUENCY_BINS) +
    product(frames, FREQUENCY_BINS, melBins) +
    product(frames, 3 * melBins, width) +
    product(frames / 2, 3 * width, width);
  // Query, key, value, output; the MLP is four times as wide.
  const layerWeights = (4 + 2 * 4) * width * width;
  const encoderWeights = encoderLayers * layerWeights;
  const crossWeights = decoderLayers * 2 * width * width;
  const linear = 2 * positions * (encoderWeights + crossWeights);
  const attention = encoderLayers * 2 * product(positions, width, positions);
  // In the decoder the cross-attention has a query and an output more; its keys and values are the encoder's.
  const stepWeights = decoderLayers * (layerWeights + 2 * width * width) + vocabulary * width;
  const ofWindow = decoderLayers * 2 * width * positions;
  const ofText = decoderLayers * 2 * width * pastTokens;
  const attendedBytes = ofWindow + FLOAT_BYTES * ofText;
  const ms = (operations: number, perSecond: number): number => (1000 * operations) / perSecond;
  return [
    {
      graph: 'encoder',
      name: `spectrogram and convolutions of ${seconds} s`,
      operators: ['MatMul'],
      operations: early,
      bytes: 0,
      floorMs: ms(early, peaks.floatOperations),
      gap: 'narrow matrices; the silent rest of the window costs nothing',
    },
    {
      graph: 'encoder',
      name: 'linear layers, keys and values for the decoder: 8 bits',
      operators: ['DynamicQuantizeMatMul', 'MatMulIntegerToFloat', 'DynamicQuantizeLinear'],
      operations: linear,
      bytes: encoderWeights + crossWeights,
      floorMs: ms(linear, peaks.int8Operations),
      gap: 'finding the range of the activations and quantizing them; short rows',
    },
    {
      graph: 'encoder',
      name: `attention of ${positions} positions, ${heads} heads: single precision`,
      operators: ['MultiHeadAttention'],
      operations: attention,
      bytes: 0,
      floorMs: ms(attention, peaks.floatOperations),
      gap: `softmax of ${((encoderLayers * heads * positions ** 2) / 1e6).toFixed(0)} million scores; heads of ${width / heads} columns are narrow`,
    },
    {
      graph: 'encoder',
      name: 'GELU, norms, sums, changes of layout',
      operators: [],
      operations: 0,
      bytes: 0,
      floorMs: 0,
      gap: 'passes over memory that a compiler would fuse with the products; the error function of GELU',
    },
    {
      graph: 'decoder',
      name: 'weights of layers and vocabulary: 8 bits, a row',
      operators: ['MatMulNBits'],
      operations: 2 * stepWeights,
      bytes: stepWeights,
      floorMs: ms(stepWeights, peaks.memoryBytes),
      gap: `${decoderLayers * 6 + 1} products a step, which all threads begin and end together`,
    },
    {
      graph: 'decoder',
      name: 'attention: to the window in 8 bits, to the text in single precision',
      operators: ['GroupQueryAttention', 'MatMul'],
      operations: 2 * (ofWindow + ofText),
      bytes: attendedBytes,
      floorMs: ms(attendedBytes, peaks.cachedBytes),
      gap: 'keys and values are widened on their way, and copied, since the node thinks that some are added; the softmax is in it',
    },
    {
      graph: 'decoder',
      name: 'norms, softmax, sums, changes of layout',
      operators: [],
      operations: 0,
      bytes: 0,
      floorMs: 0,
      gap: 'many small kernels, each of which costs some microseconds to begin',
    },
  ];
}

/** What a stage took in one run. @throws where none of its kernels ran: they have other names, and count elsewhere */
export function stageMs(stage: Stage, all: readonly Stage[], kernels: KernelTimes): number {
  if (stage.operators.length > 0 && !stage.operators.some((operator) => kernels.has(operator))) {
    throw new Error(`no kernel of ${stage.operators.join(', ')} ran: ONNX Runtime has other names for them`);
  }
  const named = new Set(all.filter(({ graph }) => graph === stage.graph).flatMap(({ operators }) => operators));
  const belongs = (operator: string): boolean =>
    stage.operators.length > 0 ? stage.operators.includes(operator) : !named.has(operator);
  return [...kernels].reduce((sum, [operator, ms]) => (belongs(operator) ? sum + ms : sum), 0);
}
