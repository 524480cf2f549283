/** transformers.js: its features and its `generate`, without its tokenizer, which takes part in neither. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { WINDOW_SAMPLES } from '../../../src/whisper/audio-format';
import { answerRequests } from './answer-requests';

/** What is used of the library. */
interface TransformersJs {
  readonly env: { allowRemoteModels: boolean; localModelPath: string; readonly version: string };
  readonly WhisperFeatureExtractor: {
    from_pretrained(model: string): Promise<(samples: Float32Array) => Promise<{ readonly input_features: unknown }>>;
  };
  readonly WhisperForConditionalGeneration: {
    from_pretrained(
      model: string,
      options: object,
    ): Promise<{ generate(options: object): Promise<{ readonly dims: readonly number[] }> }>;
  };
}

/** `<|startoftranscript|><|en|><|transcribe|><|notimestamps|>` */
const HEADER_TOKENS = 4;

void answerRequests(async ({ model, threads, precision = 'fp32', asItComes = false, nodeModules }) => {
  const library = createRequire(path.join(nodeModules!, 'x'))('@huggingface/transformers') as TransformersJs;
  library.env.allowRemoteModels = false;
  library.env.localModelPath = path.dirname(model);
  const name = path.basename(model);
  const extract = await library.WhisperFeatureExtractor.from_pretrained(name);
  const whisper = await library.WhisperForConditionalGeneration.from_pretrained(name, {
    dtype: precision === 'int8' ? 'q8' : 'fp32',
    device: 'cpu',
    session_options: asItComes ? {} : { intraOpNumThreads: threads, interOpNumThreads: 1 },
  });
  return {
    about: `transformers.js ${library.env.version}, ${precision === 'int8' ? 'q8' : 'fp32'}`,
    decode: async (samples, tokens) => {
      const { input_features: inputs } = await extract(samples.subarray(0, WINDOW_SAMPLES));
      const { dims } = await whisper.generate({
        inputs,
        language: 'en',
        task: 'transcribe',
        min_new_tokens: tokens,
        max_new_tokens: tokens,
      });
      return dims.at(-1)! - HEADER_TOKENS;
    },
  };
});
