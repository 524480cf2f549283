import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { alignmentHeadsFrom, type AlignmentHead } from '../whisper/alignment-heads';
import type { Attention, LogitsReader, Neighbours, Surroundings, TokenDecoder, WhisperModel } from '../whisper/model';
import { heardWindow, type HeardWindow } from './heard-window';
import { KeyValueCache } from './key-value-cache';
import { audioRows, HOP_SAMPLES, LogMel } from './log-mel';
import { loadSession } from './onnx-session';
import { rows } from './rows';
import type { CompiledModelDirectory } from './model-directory';
import { modelShapeOf, type ModelShape } from './model-shape';

/**
 * Tokens of a text that are read at once to tell what they attend to. All of a long text would take 300 MB: logits of 228
 * tokens are 47 MB, what they attend to 8 MB a layer, each of it once in ONNX Runtime and once outside.
 */
const READ_AT_ONCE = 32;

/** What is added to the score of a token that is not to be attended to. */
const MASKED = -1e9;

/** A model that `compile-model` wrote (compiler/). */
export class CompiledWhisperModel implements WhisperModel<HeardWindow> {
  readonly canAttend = true;
  readonly canShorten = true;

  private constructor(
    private readonly encoder: InferenceSession,
    private readonly decoder: InferenceSession,
    private readonly alignment: InferenceSession,
    private readonly shape: ModelShape,
    private readonly alignmentHeads: readonly AlignmentHead[],
    private readonly logMel: LogMel,
  ) {}

  /**
   * @param profile what the names of the graphs' profiles begin with; none are written by default
   * @throws EngineError, WhisperError `model_invalid`
   */
  static async load(
    directory: CompiledModelDirectory,
    threads: number,
    profile?: string,
  ): Promise<CompiledWhisperModel> {
    const profileOf = (graph: string): string | undefined => profile && `${profile}-${graph}`;
    const shape = modelShapeOf(directory);
    const heads = alignmentHeadsFrom(directory.generationConfig, shape.decoderLayers, shape.heads);
    return new CompiledWhisperModel(
      // Both from arenas, or each large tensor would be mapped and cleared anew: a sixth of the encoder's time, a third of
      // the decoder's.
      await loadSession(directory.path, directory.encoderPath, { threads, arena: true, profile: profileOf('encoder') }),
      await loadSession(directory.path, directory.decoderPath, { threads, arena: true, profile: profileOf('decoder') }),
      await loadSession(directory.path, directory.alignmentPath, { threads: 1, arena: false }),
      shape,
      heads,
      new LogMel(shape.melBins),
    );
  }

  async encode(
    samples: Float32Array,
    surroundings?: Surroundings,
    positions = this.shape.sourcePositions,
  ): Promise<HeardWindow> {
    const audio = audioRows(samples, surroundings);
    const outputs = await this.encoder.run({
      audio: new Tensor('float32', audio, [1, audio.length / HOP_SAMPLES, HOP_SAMPLES]),
      in_recording: new Tensor('bool', Uint8Array.of(surroundings === undefined ? 0 : 1), [1]),
      loudest: new Tensor('float32', Float32Array.of(surroundings?.loudest ?? -Infinity), [1]),
      positions: wholeNumbers([positions], [1]),
    });
    return heardWindow(outputs, positions);
  }

  /** See {@link Surroundings.loudest}. */
  loudest(samples: Float32Array, neighbours: Neighbours): number {
    return this.logMel.loudest(samples, neighbours);
  }

  async release(): Promise<void> {
    for (const session of [this.encoder, this.decoder, this.alignment]) await session.release();
  }

  newDecoder(features: HeardWindow): TokenDecoder {
    return new CompiledDecoder(this.decoder, this.shape, features, new KeyValueCache(this.shape), 0);
  }

  async attend(features: HeardWindow, tokens: readonly number[], read: LogitsReader): Promise<Attention> {
    const decoder = new CompiledDecoder(this.decoder, this.shape, features, new KeyValueCache(this.shape), 0);
    const layers = [...new Set(this.alignmentHeads.map(({ layer }) => layer))];
    const { positions } = features;
    const heads = this.alignmentHeads.map(() => new Float32Array(tokens.length * positions));
    for (let from = 0; from < tokens.length; from += READ_AT_ONCE) {
      const some = tokens.slice(from, from + READ_AT_ONCE);
      const outputs = await decoder.step(
        some,
        some.map((_, i) => i),
        layers.map((layer) => `cross_query.${layer}`),
      );
      rows(outputs.logits!.data as Float32Array, some.length).forEach((logits, i) => {
        read(from + i, logits);
      });
      for (const layer of layers) {
        const { attention } = await this.alignment.run({
          query: outputs[`cross_query.${layer}`]!,
          ...features.alignmentFeeds(layer),
        });
        const ofHeads = rows(attention!.data as Float32Array, this.shape.heads);
        this.alignmentHeads.forEach((each, i) => {
          if (each.layer === layer) heads[i]!.set(ofHeads[each.head]!, from * positions);
        });
      }
    }
    return { heads, positions };
  }
}

/** One hypothesis: the first `length` rows of its cache are its own. */
class CompiledDecoder implements TokenDecoder {
  constructor(
    private readonly session: InferenceSession,
    private readonly shape: ModelShape,
    private readonly features: HeardWindow,
    private cache: KeyValueCache,
    private length: number,
  ) {}

  async append(
    tokens: readonly number[],
    wanted: readonly number[] = [tokens.length - 1],
  ): Promise<readonly Float32Array[]> {
    const { logits } = await this.step(tokens, wanted);
    return rows(logits!.data as Float32Array, wanted.length);
  }

  fork(): CompiledDecoder {
    return new CompiledDecoder(this.session, this.shape, this.features, this.cache, this.length);
  }

  /** All of it is the garbage collector's. */
  dispose(): void {
    this.length = 0;
  }

  /**
   * Reads tokens, and keeps what the next ones attend to.
   *
   * @param queries what is put out beside the logits
   */
  async step(
    tokens: readonly number[],
    wanted: readonly number[],
    queries: readonly string[] = [],
  ): Promise<InferenceSession.OnnxValueMapType> {
    const { length: past, shape } = this;
    const added = tokens.length;
    const feeds: Record<string, Tensor> = {
      ...this.features.decoderFeeds(added),
      tokens: wholeNumbers(tokens, [1, added]),
      token_positions: wholeNumbers(
        tokens.map((_, i) => past + i),
        [1, added],
      ),
      logits_of: wholeNumbers(wanted, [wanted.length]),
      mask: causalMask(past, added),
    };
    const fetches = ['logits', ...queries];
    for (let layer = 0; layer < shape.decoderLayers; layer++) {
      fetches.push(`new_key.${layer}`, `new_value.${layer}`);
      feeds[`past_key.${layer}`] = new Tensor('float32', this.cache.keys(layer, past), [1, past, shape.width]);
      feeds[`past_value.${layer}`] = new Tensor('float32', this.cache.values(layer, past), [1, past, shape.width]);
    }
    const outputs = await this.session.run(feeds, fetches);
    this.cache = this.cache.writableFrom(past, added);
    for (let layer = 0; layer < shape.decoderLayers; layer++) {
      this.cache.write(
        layer,
        past,
        outputs[`new_key.${layer}`]!.data as Float32Array,
        outputs[`new_value.${layer}`]!.data as Float32Array,
      );
    }
    this.length = past + added;
    return outputs;
  }
}

/** Each new token attends to all before it and to itself. */
function causalMask(past: number, added: number): Tensor {
  const all = past + added;
  const mask = new Float32Array(added * all);
  for (let row = 0; row < added - 1; row++) mask.fill(MASKED, row * all + past + row + 1, (row + 1) * all);
  return new Tensor('float32', mask, [1, 1, added, all]);
}

function wholeNumbers(values: readonly number[], dims: readonly number[]): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
}
