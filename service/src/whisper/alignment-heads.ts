import { WhisperError } from './whisper-error';

/** An attention head that follows the audio while the decoder reads, counted from 0. */
export interface AlignmentHead {
  readonly layer: number;
  readonly head: number;
}

/**
 * The heads that words are timed by: `alignment_heads` of generation_config.json, pairs of layer and head. Where it names
 * none they are all heads of the upper half of the decoder (openai/whisper `model.py`).
 *
 * @throws WhisperError `model_invalid`
 */
export function alignmentHeadsFrom(
  generationConfig: unknown,
  decoderLayers: number,
  headsPerLayer: number,
): readonly AlignmentHead[] {
  const stated = (generationConfig as { readonly alignment_heads?: unknown } | null)?.alignment_heads;
  if (stated === undefined || stated === null) {
    const upper = Array.from({ length: decoderLayers }, (_, layer) => layer).slice(decoderLayers >> 1);
    return upper.flatMap((layer) => Array.from({ length: headsPerLayer }, (_, head) => ({ layer, head })));
  }
  const isHead = (pair: unknown): pair is [number, number] =>
    Array.isArray(pair) && pair.length === 2 && isIndex(pair[0], decoderLayers) && isIndex(pair[1], headsPerLayer);
  if (!Array.isArray(stated) || stated.length === 0 || !stated.every(isHead)) {
    throw new WhisperError(
      'model_invalid',
      `alignment_heads of the model's configuration is ${JSON.stringify(stated)}; expected pairs of a layer below ` +
        `${decoderLayers} and a head below ${headsPerLayer}.`,
    );
  }
  return stated.map(([layer, head]) => ({ layer, head }));
}

function isIndex(value: unknown, bound: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < bound;
}
