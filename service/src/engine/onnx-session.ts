import { InferenceSession } from 'onnxruntime-node';
import { EngineError } from './engine-error';

/**
 * Time that a thread looks out for more work before it sleeps, in microseconds. A decoding step is a hundred short
 * products: woken anew for each, the second thread takes a fifth longer for all; looking out for longer would take the CPU
 * from whoever else wants it.
 */
const SPIN_MICROSECONDS = 100;

export interface GraphOptions {
  /** ONNX Runtime's threads, the caller's included; never more than the CPUs. */
  readonly threads: number;
  /**
   * Whether memory is kept for the next run: faster, and as much as the largest run needed is never given back. Without,
   * all of it is given back behind each run.
   */
  readonly arena: boolean;
  /** ONNX Runtime writes what each kernel took into a file whose name begins so, when the session is released. */
  readonly profile?: string;
}

/**
 * Loads a graph.
 *
 * @param modelPath of the model, for errors
 * @throws EngineError `model_invalid`
 */
export async function loadSession(
  modelPath: string,
  file: string,
  { threads, arena, profile }: GraphOptions,
): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableCpuMemArena: arena,
    // One block for all tensors of a run, laid out by the first run of these shapes. Without an arena it saves a third of
    // an encoder's time; an arena holds what the first run took as well, and is not faster for it.
    enableMemPattern: !arena,
    ...(profile !== undefined && { enableProfiling: true, profileFilePrefix: profile }),
    // Warnings about shapes that the published files contain are of no use to an operator.
    logSeverityLevel: 3,
    extra: {
      session: {
        intra_op: { allow_spinning: '1', spin_duration_us: String(SPIN_MICROSECONDS) },
        inter_op: { allow_spinning: '0' },
      },
    },
  };
  try {
    return await InferenceSession.create(file, options);
  } catch (error) {
    throw new EngineError('model_invalid', `ONNX Runtime cannot load ${modelPath}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
