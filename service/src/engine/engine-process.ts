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
import { loadWhisperModel, type Features, type LoadedWhisperModel } from './load-whisper-model';
import type { EngineOutcome, EngineProcessOptions, EngineRequest, EngineResponse } from './engine-protocol';
import { openModelDirectory } from './model-directory';
import { modelShapeOf } from './model-shape';
import { ObservedModel } from './observed-model';
import { PromptEncoder } from './prompt-encoder';
import { SpeechDetector } from './speech-detector';
import { BpeTokenizer } from './text-tokenizer';
import { warmUp } from './warm-up';

interface LoadedModel extends WindowModel<Features> {
  readonly model: LoadedWhisperModel;
  readonly modelPath: string;
}

let loaded: LoadedModel | undefined;
let maxRssBytes = Infinity;
let promptEncoder: PromptEncoder | undefined;
let speechDetector: SpeechDetector | undefined;
let collection: NodeJS.Timeout | undefined;

/** Time without work after which garbage is collected. */
const REST_MS = 100;
/**
 * Tensors outside of the heap from which on garbage is collected behind a window, in bytes. Keys and values of one window
 * of tiny are 18 MB in single precision and 5 in 8 bits; by itself V8 lets many windows' lie, in each of the processes.
 */
const COLLECTED_TENSORS_BYTES = 16 * 2 ** 20;
/** Between two messages about one window's tokens: a hang is a matter of seconds (hang-watch.ts). */
const PROGRESS_INTERVAL_MS = 250;

/** A piece of work, from its request to its outcome. */
interface RunningWork {
  readonly aborter: AbortController;
  /** The model that a window is decoded with. */
  observed?: ObservedModel<Features>;
}

const running = new Map<number, RunningWork>();

function send(response: EngineResponse): void {
  process.send?.(response);
}

async function load(options: EngineProcessOptions): Promise<void> {
  const started = performance.now();
  // With other threads: two models at once would be twice the memory.
  const previous = loaded;
  loaded = undefined;
  await previous?.model.release();
  maxRssBytes = options.maxRssBytes ?? Infinity;
  const directory = openModelDirectory(options.modelStore, options.model, options.quantization);
  const parts = {
    special: specialTokensFrom(directory.generationConfig, directory.config),
    tokenizer: new BpeTokenizer(directory),
    model: await loadWhisperModel(directory, options.threads),
    shortContext: options.shortContext,
  };
  if (options.speechDetectorFile !== undefined)
    speechDetector ??= await SpeechDetector.load(options.speechDetectorFile);
  const loadedAt = performance.now();
  const timing = await warmUp(parts, modelShapeOf(directory).width);
  await speechDetector?.probabilities(new Float32Array(SAMPLE_RATE_HZ));
  loaded = { ...parts, modelPath: directory.path };
  send({
    type: 'ready',
    loadMs: loadedAt - started,
    warmUpMs: performance.now() - loadedAt,
    warmUp: timing,
    rssBytes: process.memoryUsage.rss(),
  });
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

/** Garbage is no reason to be replaced: above the limit, only what is left without it counts. */
function rssBytes(): number {
  const rss = process.memoryUsage.rss();
  if (rss <= maxRssBytes) return rss;
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

/** Says that a window gets on: when it is encoded, and then now and again. */
function progressOf(id: number): (step: 'encoded' | 'decoded') => void {
  let saidAt = -Infinity;
  return (step) => {
    const now = performance.now();
    if (step !== 'encoded' && now - saidAt < PROGRESS_INTERVAL_MS) return;
    saidAt = now;
    send({ type: 'progress', id });
  };
}

/** Answers a request with what `work` makes of the loaded model, or with how it failed. */
async function answer(
  id: number,
  work: (loaded: LoadedModel, own: RunningWork) => Promise<EngineOutcome>,
): Promise<void> {
  clearTimeout(collection);
  const own: RunningWork = { aborter: new AbortController() };
  running.set(id, own);
  try {
    if (!loaded) throw new EngineError('engine_failed', 'the engine got work before its model was loaded');
    const outcome = await work(loaded, own);
    send({ ...outcome, rssBytes: rssBytes() });
  } catch (error) {
    const outcome: EngineOutcome = own.aborter.signal.aborted
      ? { type: 'aborted', id, timing: own.observed?.timing }
      : { type: 'failed', id, code: whisperCode(error), message: (error as Error).message };
    send({ ...outcome, rssBytes: rssBytes() });
  } finally {
    running.delete(id);
    // Behind the outcome, so that no caller waits for it who is alone.
    if (process.memoryUsage().arrayBuffers > COLLECTED_TENSORS_BYTES) globalThis.gc?.();
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
      void answer(id, async (parts, own) => {
        const model = new ObservedModel(parts.model, progressOf(id));
        own.observed = model;
        const result = await decodeWindow({ ...parts, model }, samples, options, own.aborter.signal);
        return { type: 'decoded', id, result, timing: model.timing };
      });
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
      void answer(id, async (_, { aborter: { signal } }) => {
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
      running.get(request.id)?.aborter.abort();
      break;
  }
});

// The server ends the engine when it has drained; a terminal's Ctrl-C reaches both and must not end this one first.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
// The channel closes when the server is gone, however it went: no orphan may keep the pod's memory.
process.on('disconnect', () => process.exit(0));
