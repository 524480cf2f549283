import { EngineError } from './engine-error';
import type { ModelDirectory } from './model-directory';

/** Sizes of a Whisper model, by what config.json has for them. */
export interface ModelShape {
  /** `num_mel_bins` */
  readonly melBins: number;
  /** `d_model` */
  readonly width: number;
  /** `decoder_attention_heads`, and `encoder_attention_heads`, which Whisper has the same of. */
  readonly heads: number;
  /** `encoder_layers` */
  readonly encoderLayers: number;
  /** `decoder_layers` */
  readonly decoderLayers: number;
  /** `max_source_positions`: 1500, of 20 ms each. */
  readonly sourcePositions: number;
  /** `max_target_positions`: 448. */
  readonly targetPositions: number;
  /** `vocab_size` */
  readonly vocabulary: number;
}

/** @throws EngineError `model_invalid` */
export function modelShapeOf({ config, path }: Pick<ModelDirectory, 'config' | 'path'>): ModelShape {
  const fields = config as Readonly<Record<string, unknown>> | null;
  const whole = (name: string): number => {
    const value = fields?.[name];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
      throw new EngineError(
        'model_invalid',
        `config.json of ${path}: ${name} is ${JSON.stringify(value)}, expected a whole number above 0`,
      );
    }
    return value;
  };
  if (fields?.model_type !== 'whisper') {
    throw new EngineError(
      'model_invalid',
      `config.json of ${path}: model_type is ${JSON.stringify(fields?.model_type)}, expected "whisper"`,
    );
  }
  const [width, heads] = [whole('d_model'), whole('decoder_attention_heads')];
  if (width % heads !== 0) {
    throw new EngineError(
      'model_invalid',
      `config.json of ${path}: d_model ${width} is no multiple of decoder_attention_heads ${heads}`,
    );
  }
  const { encoder_attention_heads: encoderHeads = heads } = fields;
  if (encoderHeads !== heads) {
    throw new EngineError(
      'model_invalid',
      `config.json of ${path}: encoder_attention_heads is ${JSON.stringify(encoderHeads)}, expected as many as ` +
        `decoder_attention_heads, ${heads}`,
    );
  }
  return {
    melBins: whole('num_mel_bins'),
    width,
    heads,
    encoderLayers: whole('encoder_layers'),
    decoderLayers: whole('decoder_layers'),
    sourcePositions: whole('max_source_positions'),
    targetPositions: whole('max_target_positions'),
    vocabulary: whole('vocab_size'),
  };
}
