import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { FEW_TOKENS } from './few-tokens';
import { rows } from './rows';

type Tensors = InferenceSession.OnnxValueMapType;

/** What the encoder has made of one window, as it is given to the other graphs (compiler/heard-window.ts). */
export interface HeardWindow {
  readonly positions: number;
  /** What the decoder reads of it, for so many new tokens. */
  decoderFeeds(added: number): Tensors;
  /** What the alignment reads of a layer. */
  alignmentFeeds(layer: number): Tensors;
}

/** @param outputs of the encoder, of either precision */
export function heardWindow(outputs: Tensors, positions: number): HeardWindow {
  return 'cross_key_scales' in outputs ? new Int8Window(outputs, positions) : new FloatWindow(outputs, positions);
}

class FloatWindow implements HeardWindow {
  private readonly feeds: Tensors;

  constructor(
    outputs: Tensors,
    readonly positions: number,
  ) {
    this.feeds = named('cross_key', byLayer(outputs.cross_keys!), 'cross_value', byLayer(outputs.cross_values!));
  }

  decoderFeeds(): Tensors {
    return this.feeds;
  }

  alignmentFeeds(layer: number): Tensors {
    return { key: this.feeds[`cross_key.${layer}`]! };
  }
}

/** What is added to the score of an empty row. */
const MASKED = -1e9;

class Int8Window implements HeardWindow {
  private readonly feeds: Tensors;
  private readonly ofOne: Tensors;

  constructor(
    outputs: Tensors,
    readonly positions: number,
  ) {
    this.feeds = {
      ...named('cross_key', byLayer(outputs.cross_keys!), 'cross_value', byLayer(outputs.cross_values!)),
      ...named(
        'cross_key_scale',
        byLayer(outputs.cross_key_scales!, []),
        'cross_value_scale',
        byLayer(outputs.cross_value_scales!, []),
      ),
      positions: new Tensor('int64', BigInt64Array.of(BigInt(positions)), [1]),
    };
    this.ofOne = { ...this.feeds, ...this.look(1) };
  }

  decoderFeeds(added: number): Tensors {
    // Many look at no rows; the graph wants to be told of some all the same.
    return added === 1 || added > FEW_TOKENS ? this.ofOne : { ...this.feeds, ...this.look(added) };
  }

  alignmentFeeds(layer: number): Tensors {
    const { [`cross_key.${layer}`]: key, [`cross_key_scale.${layer}`]: scale, positions } = this.feeds;
    return { key: key!, key_scale: scale!, positions: positions! };
  }

  /** New tokens look at the positions, and each but one of them has an empty row behind, which is hidden from all. */
  private look(added: number): Tensors {
    const looked = this.positions + added - 1;
    const mask = new Float32Array(added * looked);
    for (let token = 1; token <= added; token++) mask.fill(MASKED, token * looked - added + 1, token * looked);
    return {
      last_row: new Tensor('int32', Int32Array.of(looked - 1), [1]),
      rows: new Tensor('int32', Int32Array.of(looked), []),
      window_mask: new Tensor('float32', mask, [1, 1, added, looked]),
    };
  }
}

function named(
  keyName: string,
  keys: readonly Tensor[],
  valueName: string,
  values: readonly Tensor[],
): Record<string, Tensor> {
  return Object.fromEntries([
    ...keys.map((tensor, layer) => [`${keyName}.${layer}`, tensor] as const),
    ...values.map((tensor, layer) => [`${valueName}.${layer}`, tensor] as const),
  ]);
}

/** The layers of a tensor of all of them, which stay where they are. @param texts axes in front of a layer's own */
function byLayer({ type, data, dims: [layers, ...dims] }: Tensor, texts: readonly number[] = [1]): Tensor[] {
  const shape = [...texts, ...dims];
  return type === 'int8'
    ? rows(data as Int8Array, layers!).map((layer) => new Tensor('int8', layer, shape))
    : rows(data as Float32Array, layers!).map((layer) => new Tensor('float32', layer, shape));
}
