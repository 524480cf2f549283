import { InferenceSession, Tensor } from 'onnxruntime-node';
import { EngineError } from './engine-error';
import { SPEECH_FRAME_SAMPLES } from './speech-regions';

/** Each frame is seen behind the last samples of the one before (Silero's `sequence_vad.py`, RATE_CONFIG). */
const CONTEXT_SAMPLES = 64;
/** Width of the network's memory. */
const STATE_WIDTH = 128;
/**
 * Frames of one run, about 4 s: between two runs, which take 8 ms each, an abort is heard. Tensors of this size malloc
 * takes from the kernel and gives back; of 31 frames they leave 11 MB of holes behind, and cost no less time.
 */
const RUN_FRAMES = 128;

/**
 * Silero VAD (service/models/silero-vad): how likely it is that somebody speaks, for each 32 ms of audio. It hears what
 * energy cannot tell apart, speech from music and other noise.
 */
export class SpeechDetector {
  private constructor(private readonly session: InferenceSession) {}

  /** @throws EngineError `model_invalid` */
  static async load(file: string): Promise<SpeechDetector> {
    try {
      return new SpeechDetector(
        await InferenceSession.create(file, {
          executionProviders: ['cpu'],
          // The network is too small to share: with two threads a run takes longer.
          intraOpNumThreads: 1,
          interOpNumThreads: 1,
          executionMode: 'sequential',
          graphOptimizationLevel: 'all',
          enableCpuMemArena: false,
        }),
      );
    } catch (error) {
      throw new EngineError('model_invalid', `ONNX Runtime cannot load ${file}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  /**
   * Probabilities of speech, in 0…1, for each frame of {@link SPEECH_FRAME_SAMPLES}; the last frame may be a part of one.
   * The network begins with no memory of what was before.
   *
   * @param samples 16 kHz mono
   * @param signal checked about every 4 s of audio; its reason is thrown
   */
  async probabilities(samples: Float32Array, signal?: AbortSignal): Promise<Float32Array> {
    const probabilities = new Float32Array(Math.ceil(samples.length / SPEECH_FRAME_SAMPLES));
    let h = emptyState();
    let c = emptyState();
    for (let frame = 0; frame < probabilities.length; frame += RUN_FRAMES) {
      signal?.throwIfAborted();
      const count = Math.min(RUN_FRAMES, probabilities.length - frame);
      const {
        speech_probs: probs,
        hn,
        cn,
      } = await this.session.run({ input: framesFrom(samples, frame, count), h, c });
      probabilities.set(probs!.data as Float32Array, frame);
      h = hn!;
      c = cn!;
    }
    return probabilities;
  }
}

function emptyState(): Tensor {
  return new Tensor('float32', new Float32Array(STATE_WIDTH), [1, 1, STATE_WIDTH]);
}

/** Frames one under another, each behind its context; before the audio and behind it there is silence. */
function framesFrom(samples: Float32Array, firstFrame: number, count: number): Tensor {
  const width = CONTEXT_SAMPLES + SPEECH_FRAME_SAMPLES;
  const rows = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    const start = (firstFrame + row) * SPEECH_FRAME_SAMPLES - CONTEXT_SAMPLES;
    const before = Math.max(0, -start);
    rows.set(samples.subarray(start + before, start + width), row * width + before);
  }
  return new Tensor('float32', rows, [count, width]);
}
