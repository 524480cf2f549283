import type {
  AttentionWeights,
  EncoderLayerWeights,
  Linear,
  Norm,
  WhisperWeights,
} from '../../service/src/compiler/whisper-weights';

/** A type of numbers in a safetensors file. */
export interface FloatFormat {
  readonly dtype: 'F32' | 'F16' | 'BF16';
  readonly bytes: number;
  /** A number that the type has, next to this one. */
  readonly rounded: (value: number) => number;
  /** Bits of a number that the type has. */
  readonly bits: (value: number) => number;
}

const view = new DataView(new ArrayBuffer(4));

function singleBits(value: number): number {
  view.setFloat32(0, value);
  return view.getUint32(0);
}

function singleOf(bits: number): number {
  view.setUint32(0, bits);
  return view.getFloat32(0);
}

/** The smallest normal number of half precision, and what those below are multiples of. */
const LEAST_NORMAL_HALF = 2 ** -14;
const LEAST_HALF = 2 ** -24;
/** Bits of a fraction that single precision has and half precision has not. */
const FRACTION_BITS_LESS = 13;
/** By how much the exponents' offsets differ: 127 and 15. */
const EXPONENT_OFFSET_LESS = 112;

const isNormalHalf = (value: number): boolean => value >= LEAST_NORMAL_HALF || value <= -LEAST_NORMAL_HALF;

export const F32: FloatFormat = { dtype: 'F32', bytes: 4, rounded: Math.fround, bits: singleBits };

export const F16: FloatFormat = {
  dtype: 'F16',
  bytes: 2,
  rounded: (value) =>
    isNormalHalf(value)
      ? singleOf(((singleBits(value) >>> FRACTION_BITS_LESS) << FRACTION_BITS_LESS) >>> 0)
      : Math.trunc(value / LEAST_HALF) * LEAST_HALF,
  bits: (value) => {
    const single = singleBits(value);
    const sign = (single >>> 16) & 0x8000;
    if (!isNormalHalf(value)) return sign | (Math.abs(value) / LEAST_HALF);
    return sign | (((single & 0x7fff_ffff) >>> FRACTION_BITS_LESS) - (EXPONENT_OFFSET_LESS << 10));
  },
};

export const BF16: FloatFormat = {
  dtype: 'BF16',
  bytes: 2,
  rounded: (value) => singleOf((singleBits(value) & 0xffff_0000) >>> 0),
  bits: (value) => singleBits(value) >>> 16,
};

/** A tensor of a safetensors file, under its name. */
export type NamedTensor = readonly [name: string, dims: readonly number[], data: Float32Array];

/** A safetensors file (https://github.com/huggingface/safetensors, "Format"). */
export function safetensorsFile(tensors: readonly NamedTensor[], { dtype, bytes, bits }: FloatFormat): Uint8Array {
  let end = 0;
  const entries = tensors.map(([name, shape, data]) => {
    const start = end;
    end += data.length * bytes;
    return [name, { dtype, shape, data_offsets: [start, end] }];
  });
  const header = Buffer.from(JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) }));
  const file = Buffer.alloc(8 + header.length + end);
  file.writeBigUInt64LE(BigInt(header.length));
  header.copy(file, 8);
  let at = 8 + header.length;
  for (const [, , data] of tensors) {
    for (const value of data) {
      if (bytes === 4) file.writeUInt32LE(bits(value), at);
      else file.writeUInt16LE(bits(value), at);
      at += bytes;
    }
  }
  return file;
}

/**
 * Weights under the names that Hugging Face's transformers stores them by. A query is stored without the scale of its
 * attention, which some exports have multiplied into it.
 */
export function namedTensors({ shape, encoder, decoder }: WhisperWeights): NamedTensor[] {
  const { width, heads } = shape;
  const linear = (name: string, { weight, bias }: Linear): NamedTensor[] => [
    [`${name}.weight`, [weight.outputs, weight.inputs], weight.data],
    ...(bias ? [[`${name}.bias`, [bias.length], bias] as const] : []),
  ];
  const norm = (name: string, { weight, bias }: Norm): NamedTensor[] => [
    [`${name}.weight`, [width], weight],
    [`${name}.bias`, [width], bias],
  ];
  const unscaled = ({ weight, bias }: Linear, scale: number): Linear => {
    const factor = scale * Math.sqrt(width / heads);
    return {
      weight: { ...weight, data: weight.data.map((each) => each * factor) },
      bias: bias?.map((each) => each * factor),
    };
  };
  const attention = (name: string, { query, key, value, output, scale }: AttentionWeights): NamedTensor[] => [
    ...linear(`${name}.q_proj`, unscaled(query, scale)),
    ...linear(`${name}.k_proj`, key),
    ...linear(`${name}.v_proj`, value),
    ...linear(`${name}.out_proj`, output),
  ];
  const layer = (name: string, weights: EncoderLayerWeights): NamedTensor[] => [
    ...norm(`${name}.self_attn_layer_norm`, weights.attentionNorm),
    ...attention(`${name}.self_attn`, weights.attention),
    ...norm(`${name}.final_layer_norm`, weights.mlpNorm),
    ...linear(`${name}.fc1`, weights.mlp.expand),
    ...linear(`${name}.fc2`, weights.mlp.contract),
  ];
  return [
    ...encoder.convolutions.flatMap(({ outputs, inputs, data, bias }, i): NamedTensor[] => [
      [`model.encoder.conv${i + 1}.weight`, [outputs, inputs, 3], data],
      [`model.encoder.conv${i + 1}.bias`, [outputs], bias],
    ]),
    ['model.encoder.embed_positions.weight', [shape.sourcePositions, width], encoder.positions],
    ...encoder.layers.flatMap((each, i) => layer(`model.encoder.layers.${i}`, each)),
    ...norm('model.encoder.layer_norm', encoder.norm),
    ['model.decoder.embed_tokens.weight', [shape.vocabulary, width], decoder.embedding.data],
    ['model.decoder.embed_positions.weight', [shape.targetPositions, width], decoder.positions],
    ...decoder.layers.flatMap((each, i) => [
      ...layer(`model.decoder.layers.${i}`, each),
      ...norm(`model.decoder.layers.${i}.encoder_attn_layer_norm`, each.crossNorm),
      ...attention(`model.decoder.layers.${i}.encoder_attn`, each.cross),
    ]),
    ...norm('model.decoder.layer_norm', decoder.norm),
  ];
}
