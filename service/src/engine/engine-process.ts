/**
 * The engine process: ONNX Runtime and the decode loop, and nothing that a client could reach.
 *
 * `InferenceSession.run` blocks JavaScript for a whole encode. Here that blocks nobody: the server's event loop, which
 * answers probes and reads uploads, is another process.
 */
import { SAMPLE_RATE_HZ } from '../whisper/audio-format';
import { decodeWindow, type WindowModel } from '../whisper/decode-window';
import { specialTokensFrom } from '../whisper/special-tokens';
import { WhisperError, type WhisperErrorCode } from '../whisper/whisper-error';
import { EngineError } from './engine-error';
import type { EngineProcessOptions, EngineRequest, EngineResponse } from './engine-protocol';
import { openModelDirectory } from './model-directory';
import { OnnxWhisperModel, type EncoderOutput } from './onnx-whisper-model';
import { PromptEncoder } from './prompt-encoder';
import { SpeechDetector } from './speech-detector';
import { BpeTokenizer } from './text-tokenizer';

interface LoadedModel extends WindowModel<EncoderOutput> {
  readonly model: OnnxWhisperModel;
  readonly modelPath: string;
}

let loaded: LoadedModel | undefined;
let promptEncoder: PromptEncoder | undefined;
let speechDetector: SpeechDetector | undefined;
let collection: NodeJS.Timeout | undefined;

/** Time without work after which garbage is collected. */
const REST_MS = 100;
const running = new Map<number, AbortController>();

function send(response: EngineResponse): void {
  process.send?.(response);
}

async function load(options: EngineProcessOptions): Promise<void> {
  const started = performance.now();
  const directory = openModelDirectory(options.modelStore, options.model, options.quantization);
  const parts = {
    special: specialTokensFrom(directory.generationConfig, directory.config),
    tokenizer: new BpeTokenizer(directory.path),
    model: await OnnxWhisperModel.load(directory, options.threads),
  };
  if (options.speechDetectorFile !== undefined) speechDetector = await SpeechDetector.load(options.speechDetectorFile);
  const loadedAt = performance.now();
  // The first run of each graph allocates and pages in its weights: pay for it before the first caller.
  await decodeWindow(parts, new Float32Array(SAMPLE_RATE_HZ), {
    task: 'transcribe',
    timestamps: false,
    temperature: 0,
    maxNewTokens: 4,
  });
  await speechDetector?.probabilities(new Float32Array(SAMPLE_RATE_HZ));
  loaded = { ...parts, modelPath: directory.path };
  send({ type: 'ready', loadMs: loadedAt - started, warmUpMs: performance.now() - loadedAt });
  collectAtRest();
}

/**
 * A process at rest collects nothing by itself: tensors of the last window, outside of the heap, would stay in the
 * working set that the autoscaler counts.
 */
function collectAtRest(): void {
  clearTimeout(collection);
  collection = setTimeout(() => globalThis.gc?.(), REST_MS).unref();
}

/** Answers a request with what `work` makes of the loaded model, or with how it failed. */
async function answer(
  id: number,
  work: (loaded: LoadedModel, signal: AbortSignal) => Promise<EngineResponse>,
): Promise<void> {
  clearTimeout(collection);
  const aborter = new AbortController();
  running.set(id, aborter);
  try {
    if (!loaded) throw new EngineError('engine_failed', 'the engine got work before its model was loaded');
    send(await work(loaded, aborter.signal));
  } catch (error) {
    if (aborter.signal.aborted) send({ type: 'aborted', id });
    else send({ type: 'failed', id, code: whisperCode(error), message: (error as Error).message });
  } finally {
    running.delete(id);
    collectAtRest();
  }
}

function whisperCode(error: unknown): WhisperErrorCode | undefined {
  return error instanceof WhisperError ? error.code : undefined;
}

process.on('message', (request: EngineRequest) => {
  switch (request.type) {
    case 'load':
      load(request.options).catch((error: unknown) => {
        const code = error instanceof EngineError ? error.code : 'model_invalid';
        send({ type: 'load_failed', code, message: (error as Error).message });
      });
      break;
    case 'decode': {
      const { id, samples, options } = request;
      void answer(id, async (parts, signal) => ({
        type: 'decoded',
        id,
        result: await decodeWindow(parts, samples, options, signal),
      }));
      break;
    }
    case 'encode_text': {
      const { id, text } = request;
      void answer(id, ({ modelPath }) => {
        promptEncoder ??= new PromptEncoder(modelPath);
        return Promise.resolve({ type: 'text_encoded', id, tokens: promptEncoder.encode(text) });
      });
      break;
    }
    case 'detect_speech': {
      const { id, samples } = request;
      void answer(id, async (_, signal) => {
        if (!speechDetector) throw new EngineError('engine_failed', 'the engine was started without a speech detector');
        return { type: 'speech_detected', id, probabilities: await speechDetector.probabilities(samples, signal) };
      });
      break;
    }
    case 'measure': {
      const { id, samples, neighbours } = request;
      void answer(id, ({ model }) =>
        Promise.resolve({ type: 'measured', id, loudest: model.loudest(samples, neighbours) }),
      );
      break;
    }
    case 'abort':
      running.get(request.id)?.abort();
      break;
  }
});

// The server ends the engine when it has drained; a terminal's Ctrl-C reaches both and must not end this one first.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
// The channel closes when the server is gone, however it went: no orphan may keep the pod's memory.
process.on('disconnect', () => process.exit(0));
