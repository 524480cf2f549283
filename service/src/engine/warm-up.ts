import { SAMPLE_RATE_HZ, SAMPLES_PER_FRAME, WINDOW_SAMPLES } from '../whisper/audio-format';
import { decodeWindow, type WindowModel } from '../whisper/decode-window';
import type { WhisperModel } from '../whisper/model';
import type { WindowTiming } from './engine-protocol';
import type { Features } from './load-whisper-model';
import { ObservedModel } from './observed-model';

/**
 * Positions that are encoded where the model can be run over a part of a window, 2 s of 30: all kernels run and all weights
 * are paged in for a tenth of the time. The first whole window then takes 8 ms longer than the next (Whisper tiny's
 * shapes, two threads); without a warm-up, 45 ms.
 */
const POSITIONS = 100;
/** 20 ms each, two of the spectrogram's frames. */
const POSITIONS_OF_A_WINDOW = WINDOW_SAMPLES / (2 * SAMPLES_PER_FRAME);
const TOKENS = 4;

/**
 * Runs each graph once, so that what a first run costs is paid before the first caller.
 *
 * @returns what a whole window takes, as far as this tells
 */
export async function warmUp(parts: WindowModel<Features>): Promise<WindowTiming> {
  const { model } = parts;
  const observed = new ObservedModel(model.canShorten ? shortened(model) : model, () => undefined);
  await decodeWindow({ ...parts, model: observed, shortContext: undefined }, new Float32Array(SAMPLE_RATE_HZ), {
    task: 'transcribe',
    timestamps: false,
    temperature: 0,
    maxNewTokens: TOKENS,
  });
  const { timing } = observed;
  return model.canShorten ? { ...timing, encodeMs: (timing.encodeMs * POSITIONS_OF_A_WINDOW) / POSITIONS } : timing;
}

function shortened(model: WhisperModel<Features>): WhisperModel<Features> {
  return {
    canAttend: model.canAttend,
    canShorten: model.canShorten,
    encode: (samples, surroundings) => model.encode(samples, surroundings, POSITIONS),
    newDecoder: (features) => model.newDecoder(features),
    attend: (features, tokens) => model.attend(features, tokens),
  };
}
