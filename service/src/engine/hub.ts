import path from 'node:path';
import { EngineError } from './engine-error';
import type { Quantization } from './model-directory';

/** transformers.js' names for the precisions. */
const DTYPES: Readonly<Record<Quantization, string>> = { int8: 'q8', fp32: 'fp32' };
/** The organisation on the hub that publishes Whisper for ONNX Runtime. */
const ORGANISATION = 'onnx-community';

/**
 * Downloads a model from the Hugging Face hub into the store, once: when an image is built or a developer sets up, never
 * when a pod starts. Loading it through transformers.js proves that the files belong together.
 *
 * Environment: `HF_ENDPOINT` names another hub, `HF_TOKEN` is sent to it (both as in Hugging Face's own tools).
 *
 * @param model `tiny`, `base.en`, …, or a repository (`organisation/name`)
 * @returns the model's folder in the store
 * @throws EngineError `model_fetch_failed`
 */
export async function fetchModel(store: string, model: string, quantization: Quantization): Promise<string> {
  const repository = model.includes('/') ? model : `${ORGANISATION}/whisper-${model}`;
  // transformers.js takes 78 MB and a fifth of a second to import, and the server never needs it.
  const { AutoProcessor, WhisperForConditionalGeneration, env } = await import('@xenova/transformers');
  env.cacheDir = path.resolve(store);
  env.allowLocalModels = false;
  if (process.env.HF_ENDPOINT) env.remoteHost = process.env.HF_ENDPOINT;
  try {
    await AutoProcessor.from_pretrained(repository);
    const loaded = await WhisperForConditionalGeneration.from_pretrained(repository, {
      dtype: DTYPES[quantization] as 'q8' | 'fp32',
    });
    await loaded.dispose();
  } catch (error) {
    throw new EngineError(
      'model_fetch_failed',
      `cannot fetch ${repository} from ${env.remoteHost}: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
  return path.join(env.cacheDir, repository);
}
