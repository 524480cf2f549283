/** sherpa-onnx through its Node.js addon, 8 bits. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { SAMPLE_RATE_HZ, WINDOW_SAMPLES } from '../../../src/whisper/audio-format';
import { answerRequests } from './answer-requests';

interface Stream {
  acceptWaveform(wave: { readonly samples: Float32Array; readonly sampleRate: number }): void;
}

/** What is used of the library. */
interface SherpaOnnx {
  readonly version: string;
  readonly OfflineRecognizer: new (config: object) => {
    createStream(): Stream;
    decodeAsync(stream: Stream): Promise<{ readonly tokens: readonly string[] }>;
  };
}

/** It stops at so many tokens for each second that it is given, and nowhere else (its greedy search's own constant). */
const TOKENS_PER_SECOND = 6;
/** Frames of silence behind the audio; more than a window has, so that the window is always whole. */
const WHOLE_WINDOW_FRAMES = 3000;
/** Numbers of samples that make no whole frame are lost. */
const FRAME_SAMPLES = 160;

void answerRequests(({ model, threads, asItComes = false, nodeModules }) => {
  const library = createRequire(path.join(nodeModules!, 'x'))('sherpa-onnx-node') as SherpaOnnx;
  const recognizer = new library.OfflineRecognizer({
    featConfig: { sampleRate: SAMPLE_RATE_HZ, featureDim: 80 },
    modelConfig: {
      whisper: {
        encoder: path.join(model, 'encoder.int8.onnx'),
        decoder: path.join(model, 'decoder.int8.onnx'),
        language: 'en',
        task: 'transcribe',
        tailPaddings: asItComes ? -1 : WHOLE_WINDOW_FRAMES,
      },
      tokens: path.join(model, 'tokens.txt'),
      ...(asItComes ? {} : { numThreads: threads }),
      provider: 'cpu',
    },
  });
  return Promise.resolve({
    about: `sherpa-onnx ${library.version}, int8`,
    decode: async (samples, tokens) => {
      // In a whole window the work does not depend on how much of it is sound: that much which makes it stop in time.
      const sounding = Math.ceil((tokens * SAMPLE_RATE_HZ) / TOKENS_PER_SECOND / FRAME_SAMPLES) * FRAME_SAMPLES;
      const heard = samples.subarray(0, asItComes ? WINDOW_SAMPLES : sounding);
      const stream = recognizer.createStream();
      stream.acceptWaveform({ samples: heard, sampleRate: SAMPLE_RATE_HZ });
      const { tokens: decoded } = await recognizer.decodeAsync(stream);
      return decoded.length;
    },
  });
});
