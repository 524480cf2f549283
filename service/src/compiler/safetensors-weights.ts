import type { ModelShape } from '../engine/model-shape';
import type {
  AttentionWeights,
  ConvolutionWeights,
  EncoderLayerWeights,
  Linear,
  Matrix,
  Norm,
  WhisperWeights,
} from './whisper-weights';

/** An entry of the header (https://github.com/huggingface/safetensors, "Format"). */
interface TensorEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** From the end of the header on. */
  readonly data_offsets: readonly [number, number];
}

/** Bytes of a number, of the types that are read. */
const ELEMENT_BYTES: Readonly<Record<string, number | undefined>> = { F32: 4, F16: 2, BF16: 2 };

/** The header's own length, as a whole number of 64 bits. */
const LENGTH_BYTES = 8;

/**
 * The weights of a Whisper model as Hugging Face's transformers stores them.
 *
 * @param bytes of `model.safetensors`
 * @throws Error that says what was not found
 */
export function safetensorsWeights(shape: ModelShape, bytes: Uint8Array): WhisperWeights {
  const reader = new SafetensorsReader(bytes);
  const { width, heads } = shape;
  const scale = 1 / Math.sqrt(width / heads);
  const attention = (name: string): AttentionWeights => ({
    query: reader.linear(`${name}.q_proj`),
    key: reader.linear(`${name}.k_proj`),
    value: reader.linear(`${name}.v_proj`),
    output: reader.linear(`${name}.out_proj`),
    scale,
  });
  const layer = (name: string): EncoderLayerWeights => ({
    attentionNorm: reader.norm(`${name}.self_attn_layer_norm`),
    attention: attention(`${name}.self_attn`),
    mlpNorm: reader.norm(`${name}.final_layer_norm`),
    mlp: { expand: reader.linear(`${name}.fc1`), contract: reader.linear(`${name}.fc2`) },
  });
  const layers = (part: string, count: number): string[] =>
    Array.from({ length: count }, (_, i) => `model.${part}.layers.${i}`);
  return {
    shape,
    encoder: {
      convolutions: [reader.convolution('model.encoder.conv1'), reader.convolution('model.encoder.conv2')],
      positions: reader.matrix('model.encoder.embed_positions.weight', shape.sourcePositions, width).data,
      layers: layers('encoder', shape.encoderLayers).map(layer),
      norm: reader.norm('model.encoder.layer_norm'),
    },
    decoder: {
      embedding: reader.matrix('model.decoder.embed_tokens.weight', shape.vocabulary, width),
      positions: reader.matrix('model.decoder.embed_positions.weight', shape.targetPositions, width).data,
      layers: layers('decoder', shape.decoderLayers).map((name) => ({
        ...layer(name),
        crossNorm: reader.norm(`${name}.encoder_attn_layer_norm`),
        cross: attention(`${name}.encoder_attn`),
      })),
      norm: reader.norm('model.decoder.layer_norm'),
    },
  };
}

class SafetensorsReader {
  private readonly entries: Readonly<Record<string, TensorEntry | undefined>>;
  private readonly data: Uint8Array;

  constructor(bytes: Uint8Array) {
    if (bytes.length < LENGTH_BYTES) throw new Error('the file ends within its header');
    const headerLength = Number(new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true));
    const dataStart = LENGTH_BYTES + headerLength;
    if (dataStart > bytes.length) throw new Error('the file ends within its header');
    const header = Buffer.from(bytes.buffer, bytes.byteOffset + LENGTH_BYTES, headerLength).toString('utf8');
    this.entries = JSON.parse(header) as Record<string, TensorEntry | undefined>;
    this.data = bytes.subarray(dataStart);
  }

  linear(name: string): Linear {
    const { shape, data } = this.tensor(`${name}.weight`);
    const bias = this.entries[`${name}.bias`] && this.tensor(`${name}.bias`).data;
    return { weight: { outputs: shape[0]!, inputs: shape[1]!, data }, bias };
  }

  norm(name: string): Norm {
    return { weight: this.tensor(`${name}.weight`).data, bias: this.tensor(`${name}.bias`).data };
  }

  convolution(name: string): ConvolutionWeights {
    const { shape, data } = this.tensor(`${name}.weight`);
    return { outputs: shape[0]!, inputs: shape[1]!, data, bias: this.tensor(`${name}.bias`).data };
  }

  matrix(name: string, outputs: number, inputs: number): Matrix {
    const { shape, data } = this.tensor(name);
    if (shape.join() !== [outputs, inputs].join()) {
      throw new Error(`${name} is ${shape.join(' × ')}, config.json says ${outputs} × ${inputs}`);
    }
    return { outputs, inputs, data };
  }

  private tensor(name: string): { readonly shape: readonly number[]; readonly data: Float32Array } {
    const entry = this.entries[name];
    if (!entry) throw new Error(`no tensor ${name}`);
    const [start, end] = entry.data_offsets;
    if (end > this.data.length) throw new Error(`the file ends within ${name}`);
    // Copied, since the bytes need not begin at a multiple of their width.
    const { buffer } = new Uint8Array(this.data.subarray(start, end));
    const width = ELEMENT_BYTES[entry.dtype];
    if (width === undefined) throw new Error(`${name} is ${entry.dtype}, expected F32, F16 or BF16`);
    if (buffer.byteLength !== width * entry.shape.reduce((size, each) => size * each, 1)) {
      throw new Error(`${name} has ${buffer.byteLength} bytes for ${entry.shape.join(' × ')} of ${entry.dtype}`);
    }
    return { shape: entry.shape, data: singlePrecision(entry.dtype, buffer) };
  }
}

function singlePrecision(dtype: string, buffer: ArrayBuffer): Float32Array {
  if (dtype === 'F32') return new Float32Array(buffer);
  const halves = new Uint16Array(buffer);
  if (dtype === 'F16') return Float32Array.from(halves, halfToNumber);
  // BF16 is the upper half of a number in single precision.
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}

/** IEEE 754 half precision: 1 bit sign, 5 exponent, 10 fraction. */
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
