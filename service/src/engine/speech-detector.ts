import { InferenceSession, Tensor } from 'onnxruntime-node';
import { EngineError } from './engine-error';
import { COLUMN_SAMPLES, COLUMNS, columnsOf } from './speech-detector-columns';
import { SPEECH_FRAME_SAMPLES } from './speech-regions';

/** Width of the network's memory. */
const STATE_WIDTH = 128;
/**
 * Frames of one run, about 4 s: between two runs, which take 2.5 ms each, an abort is heard. Tensors of this size malloc
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
        probabilities: found,
        hn,
        cn,
      } = await this.session.run({ columns: tensorOf(columnsOf(samples, frame, count)), h, c });
      probabilities.set(found!.data as Float32Array, frame);
      h = hn!;
      c = cn!;
    }
    return probabilities;
  }
}

function emptyState(): Tensor {
  return new Tensor('float32', new Float32Array(STATE_WIDTH), [1, 1, STATE_WIDTH]);
}

function tensorOf(columns: Float32Array): Tensor {
  return new Tensor('float32', columns, [columns.length / (COLUMNS * COLUMN_SAMPLES), COLUMNS, COLUMN_SAMPLES]);
}
