/** Our engine as the server uses it: a process of its own, which is sent samples and sends back tokens. */
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { WINDOW_SAMPLES } from '../../../src/whisper/audio-format';
import { answerRequests } from './answer-requests';

void answerRequests(async ({ model, threads, precision = 'int8' }) => {
  const engine = new Engine({
    modelStore: path.dirname(model),
    model: path.basename(model),
    quantization: precision,
    threads,
    maxQueue: Infinity,
  });
  await engine.start();
  return {
    about: `this server's engine, ${precision}`,
    decode: async (samples, maxNewTokens) => {
      const { tokens } = await engine.decodeWindow(samples.subarray(0, WINDOW_SAMPLES), {
        language: 'en',
        task: 'transcribe',
        timestamps: false,
        temperature: 0,
        maxNewTokens,
      });
      return tokens.length;
    },
  };
});
