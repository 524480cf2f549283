import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { alignmentHeadsFrom, type AlignmentHead } from '../whisper/alignment-heads';
import type { Attention, LogitsReader, TokenDecoder, Surroundings, Neighbours, WhisperModel } from '../whisper/model';
import { LogMel, WINDOW_FRAMES } from './log-mel';
import type { ModelDirectory } from './model-directory';
import { modelShapeOf, type ModelShape } from './model-shape';
import { loadSession } from './onnx-session';
import { rows } from './rows';

/** The encoder's output for one window. */
export type EncoderOutput = Tensor;

/**
 * A model in the published layout: `encoder_model` and `decoder_model_merged`, whose `use_cache_branch` input chooses
 * between a first pass over several tokens and single-token steps over the cache.
 */
export class OnnxWhisperModel implements WhisperModel<EncoderOutput> {
  /** The published encoders take 30 s and nothing else. */
  readonly canShorten = false;

  private constructor(
    private readonly encoder: InferenceSession,
    private readonly decoder: InferenceSession,
    private readonly shapes: ModelShape,
    private readonly alignmentHeads: readonly AlignmentHead[],
    private readonly logMel: LogMel,
  ) {}

  /**
   * @param threads ONNX Runtime's own threads per session, the caller's included; never more than the CPUs.
   * @throws EngineError `model_invalid`
   * @throws WhisperError `model_invalid`
   */
  static async load(directory: ModelDirectory, threads: number): Promise<OnnxWhisperModel> {
    const shapes = modelShapeOf(directory);
    const heads = alignmentHeadsFrom(directory.generationConfig, shapes.decoderLayers, shapes.heads);
    // The arena keeps the largest window's buffers for ever: 140 MB more at rest, and no faster.
    const limits = { threads, arena: false };
    return new OnnxWhisperModel(
      await loadSession(directory.path, directory.encoderPath, limits),
      await loadSession(directory.path, directory.decoderPath, limits),
      shapes,
      heads,
      new LogMel(shapes.melBins),
    );
  }

  async encode(samples: Float32Array, surroundings?: Surroundings): Promise<EncoderOutput> {
    const logMel = this.logMel.extract(samples, surroundings);
    const features = new Tensor('float32', logMel, [1, this.shapes.melBins, WINDOW_FRAMES]);
    const { last_hidden_state: hidden } = await this.encoder.run({ input_features: features }, ['last_hidden_state']);
    return hidden!;
  }

  /** See {@link Surroundings.loudest}. */
  loudest(samples: Float32Array, neighbours: Neighbours): number {
    return this.logMel.loudest(samples, neighbours);
  }

  async release(): Promise<void> {
    for (const session of [this.encoder, this.decoder]) await session.release();
  }

  newDecoder(features: EncoderOutput): TokenDecoder {
    return new CachedDecoder(this.decoder, this.shapes, features);
  }

  get canAttend(): boolean {
    return this.alignmentHeads.every(({ layer }) => this.decoder.outputNames.includes(attentionName(layer)));
  }

  async attend(features: EncoderOutput, tokens: readonly number[], read: LogitsReader): Promise<Attention> {
    const layers = [...new Set(this.alignmentHeads.map(({ layer }) => layer))];
    const outputs = await this.decoder.run({ ...decoderInputs(tokens, features, true), ...emptyCache(this.shapes) }, [
      'logits',
      ...layers.map(attentionName),
    ]);
    const positions = outputs[attentionName(layers[0]!)]!.dims[3]!;
    const size = tokens.length * positions;
    rows(outputs.logits!.data as Float32Array, tokens.length).forEach((logits, at) => {
      read(at, logits);
    });
    return {
      heads: this.alignmentHeads.map(({ layer, head }) =>
        (outputs[attentionName(layer)]!.data as Float32Array).subarray(head * size, (head + 1) * size),
      ),
      positions,
    };
  }
}

/** One hypothesis: the tokens appended so far live in its key-value cache. */
class CachedDecoder implements TokenDecoder {
  private cache: Record<string, Tensor>;
  private readonly decoderOutputs: readonly string[];
  private readonly encoderOutputs: readonly string[];
  private started = false;

  constructor(
    private readonly session: InferenceSession,
    private readonly shapes: ModelShape,
    private readonly features: EncoderOutput,
  ) {
    this.decoderOutputs = cacheOutputs(shapes, 'decoder');
    this.encoderOutputs = cacheOutputs(shapes, 'encoder');
    this.cache = emptyCache(shapes);
  }

  async append(
    tokens: readonly number[],
    wanted: readonly number[] = [tokens.length - 1],
  ): Promise<readonly Float32Array[]> {
    const logits: Float32Array[] = [];
    if (!this.started) logits.push(...(await this.run(tokens)));
    // The cached branch of the published decoders masks for one new token only.
    else for (const token of tokens) logits.push(...(await this.run([token])));
    return wanted.map((at) => logits[at]!);
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
      { ...decoderInputs(tokens, this.features, first), ...this.cache },
      // Cross-attention keys are computed once, in the first pass; some exports put out attentions that nobody reads.
      ['logits', ...this.decoderOutputs, ...(first ? this.encoderOutputs : [])],
    );
    for (const name of first ? [...this.decoderOutputs, ...this.encoderOutputs] : this.decoderOutputs) {
      this.cache[pastName(name)] = outputs[name]!;
    }
    return rows(outputs.logits!.data as Float32Array, tokens.length);
  }
}

/** @param first - whether nothing was read before */
function decoderInputs(tokens: readonly number[], features: EncoderOutput, first: boolean): Record<string, Tensor> {
  return {
    input_ids: new Tensor('int64', BigInt64Array.from(tokens, BigInt), [1, tokens.length]),
    encoder_hidden_states: features,
    use_cache_branch: new Tensor('bool', Uint8Array.of(first ? 0 : 1), [1]),
  };
}

/** Names of the outputs that a part of the cache is made of. */
function cacheOutputs({ decoderLayers }: ModelShape, part: 'decoder' | 'encoder'): string[] {
  return Array.from({ length: decoderLayers }, (_, layer) =>
    ['key', 'value'].map((half) => `present.${layer}.${part}.${half}`),
  ).flat();
}

/** The cache of a text of no tokens. */
function emptyCache(shapes: ModelShape): Record<string, Tensor> {
  const names = [...cacheOutputs(shapes, 'decoder'), ...cacheOutputs(shapes, 'encoder')];
  return Object.fromEntries(
    names.map((name) => [
      pastName(name),
      new Tensor('float32', new Float32Array(0), [1, shapes.heads, 0, shapes.width / shapes.heads]),
    ]),
  );
}

function attentionName(layer: number): string {
  return `cross_attentions.${layer}`;
}

function pastName(presentName: string): string {
  return presentName.replace('present', 'past_key_values');
}
