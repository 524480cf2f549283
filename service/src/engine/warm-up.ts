import { SAMPLE_RATE_HZ, SAMPLES_PER_FRAME, WINDOW_SAMPLES } from '../whisper/audio-format';
import { decodeWindow, type WindowModel } from '../whisper/decode-window';
import type { WhisperModel } from '../whisper/model';
import type { WindowTiming } from './engine-protocol';
import type { Features } from './load-whisper-model';
import { ObservedModel } from './observed-model';

/**
 * Positions that are encoded where the model can be run over a part of a window, 2 s of 30: all kernels run and all weights
 * are paged in. The first whole window then takes some 8 ms longer than the next, without any warm-up 45 ms (weights of
 * Whisper tiny's shapes, two threads; a warm-up on a whole window takes 190 ms).
 */
const POSITIONS = 100;
/** 20 ms each, two of the spectrogram's frames. */
const POSITIONS_OF_A_WINDOW = WINDOW_SAMPLES / (2 * SAMPLES_PER_FRAME);
const TOKENS = 4;

/**
 * Runs each graph, so that what a first run costs is paid before the first caller.
 *
 * @param width of the model's layers
 * @returns what a whole window takes: as measured, or, of a model that was run over a part of one, as its arithmetic has it
 */
export async function warmUp(parts: WindowModel<Features>, width: number): Promise<WindowTiming> {
  const { model } = parts;
  if (!model.canShorten) return decodeSilence(parts, model);
  const short = shortened(model);
  await decodeSilence(parts, short);
  // The first run pays for what is done once, and tells nothing of the next.
  const timing = await decodeSilence(parts, short);
  const share = encoderWork(POSITIONS_OF_A_WINDOW, width) / encoderWork(POSITIONS, width);
  return { ...timing, encodeMs: timing.encodeMs * share };
}

async function decodeSilence(parts: WindowModel<Features>, model: WhisperModel<Features>): Promise<WindowTiming> {
  const observed = new ObservedModel(model, () => undefined);
  await decodeWindow({ ...parts, model: observed, shortContext: undefined }, new Float32Array(SAMPLE_RATE_HZ), {
    task: 'transcribe',
    timestamps: false,
    temperature: 0,
    maxNewTokens: TOKENS,
  });
  return observed.timing;
}

/**
 * Of a layer, but for a factor: twelve matrices of width × width at each position, and each position attends to all, twice
 * as wide.
 */
function encoderWork(positions: number, width: number): number {
  return positions * (12 * width ** 2 + 2 * positions * width);
}

function shortened(model: WhisperModel<Features>): WhisperModel<Features> {
  return {
    canAttend: model.canAttend,
    canShorten: model.canShorten,
    encode: (samples, surroundings) => model.encode(samples, surroundings, POSITIONS),
    newDecoder: (features) => model.newDecoder(features),
    attend: (features, tokens, read) => model.attend(features, tokens, read),
  };
}
