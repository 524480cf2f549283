import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { TokenDecoder, WhisperModel } from '../whisper/model';
import { EngineError } from './engine-error';
import { LogMel, WINDOW_FRAMES } from './log-mel';
import type { ModelDirectory } from './model-directory';

/** The encoder's output for one window. */
export type EncoderOutput = Tensor;

interface Shapes {
  readonly melBins: number;
  readonly decoderLayers: number;
  readonly heads: number;
  readonly headWidth: number;
}

/**
 * A model in the published layout: `encoder_model` and `decoder_model_merged`, whose `use_cache_branch` input chooses
 * between a first pass over several tokens and single-token steps over the cache.
 */
export class OnnxWhisperModel implements WhisperModel<EncoderOutput> {
  private constructor(
    private readonly encoder: InferenceSession,
    private readonly decoder: InferenceSession,
    private readonly shapes: Shapes,
    private readonly logMel: LogMel,
  ) {}

  /**
   * @param threads ONNX Runtime's own threads per session, the caller's included; never more than the CPUs.
   * @throws EngineError `model_invalid`
   */
  static async load(directory: ModelDirectory, threads: number): Promise<OnnxWhisperModel> {
    const shapes = shapesOf(directory);
    const options: InferenceSession.SessionOptions = {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      // The arena keeps the largest window's buffers for ever: 140 MB more at rest, and no faster.
      enableCpuMemArena: false,
      // Warnings about shapes that the published files contain are of no use to an operator.
      logSeverityLevel: 3,
      // Spinning threads would burn the other CPU between the decoder's short steps.
      extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
    };
    try {
      const encoder = await InferenceSession.create(directory.encoderPath, options);
      const decoder = await InferenceSession.create(directory.decoderPath, options);
      return new OnnxWhisperModel(encoder, decoder, shapes, new LogMel(shapes.melBins));
    } catch (error) {
      throw new EngineError(
        'model_invalid',
        `ONNX Runtime cannot load ${directory.path}: ${(error as Error).message}`,
        {
          cause: error,
        },
      );
    }
  }

  async encode(samples: Float32Array): Promise<EncoderOutput> {
    const features = new Tensor('float32', this.logMel.extract(samples), [1, this.shapes.melBins, WINDOW_FRAMES]);
    const { last_hidden_state: hidden } = await this.encoder.run({ input_features: features }, ['last_hidden_state']);
    return hidden!;
  }

  newDecoder(features: EncoderOutput): TokenDecoder {
    return new CachedDecoder(this.decoder, this.shapes, features);
  }
}

/** One hypothesis: the tokens appended so far live in its key-value cache. */
class CachedDecoder implements TokenDecoder {
  private cache: Record<string, Tensor> = {};
  private readonly decoderOutputs: readonly string[];
  private readonly encoderOutputs: readonly string[];
  private started = false;

  constructor(
    private readonly session: InferenceSession,
    private readonly shapes: Shapes,
    private readonly features: EncoderOutput,
  ) {
    const { decoderLayers, heads, headWidth } = shapes;
    const outputs = (part: string): string[] =>
      Array.from({ length: decoderLayers }, (_, layer) =>
        ['key', 'value'].map((half) => `present.${layer}.${part}.${half}`),
      ).flat();
    this.decoderOutputs = outputs('decoder');
    this.encoderOutputs = outputs('encoder');
    for (const name of [...this.decoderOutputs, ...this.encoderOutputs]) {
      this.cache[pastName(name)] = new Tensor('float32', new Float32Array(0), [1, heads, 0, headWidth]);
    }
  }

  async append(tokens: readonly number[]): Promise<readonly Float32Array[]> {
    if (!this.started) return this.run(tokens);
    // The cached branch of the published decoders masks for one new token only.
    const logits: Float32Array[] = [];
    for (const token of tokens) logits.push(...(await this.run([token])));
    return logits;
  }

  /** A step replaces the tensors of the cache and never writes into them, so that forks can share them. */
  fork(): CachedDecoder {
    const fork = new CachedDecoder(this.session, this.shapes, this.features);
    fork.cache = { ...this.cache };
    fork.started = this.started;
    return fork;
  }

  /** Tensors on the CPU are the garbage collector's, as soon as no text holds them. */
  dispose(): void {
    this.cache = {};
  }

  private async run(tokens: readonly number[]): Promise<Float32Array[]> {
    const first = !this.started;
    this.started = true;
    const outputs = await this.session.run(
      {
        input_ids: new Tensor('int64', BigInt64Array.from(tokens, BigInt), [1, tokens.length]),
        encoder_hidden_states: this.features,
        use_cache_branch: new Tensor('bool', Uint8Array.of(first ? 0 : 1), [1]),
        ...this.cache,
      },
      // Cross-attention keys are computed once, in the first pass; some exports put out attentions that nobody reads.
      ['logits', ...this.decoderOutputs, ...(first ? this.encoderOutputs : [])],
    );
    for (const name of first ? [...this.decoderOutputs, ...this.encoderOutputs] : this.decoderOutputs) {
      this.cache[pastName(name)] = outputs[name]!;
    }
    const logits = outputs.logits!.data as Float32Array;
    const width = logits.length / tokens.length;
    return tokens.map((_, at) => logits.subarray(at * width, (at + 1) * width));
  }
}

function pastName(presentName: string): string {
  return presentName.replace('present', 'past_key_values');
}

function shapesOf({ config, path: modelPath }: ModelDirectory): Shapes {
  const fields = config as Readonly<Record<string, unknown>> | null;
  const whole = (name: string): number => {
    const value = fields?.[name];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
      throw new EngineError(
        'model_invalid',
        `config.json of ${modelPath}: ${name} is ${JSON.stringify(value)}, expected a whole number above 0`,
      );
    }
    return value;
  };
  if (fields?.model_type !== 'whisper') {
    throw new EngineError(
      'model_invalid',
      `config.json of ${modelPath}: model_type is ${JSON.stringify(fields?.model_type)}, expected "whisper"`,
    );
  }
  return {
    melBins: whole('num_mel_bins'),
    decoderLayers: whole('decoder_layers'),
    heads: whole('decoder_attention_heads'),
    headWidth: whole('d_model') / whole('decoder_attention_heads'),
  };
}
