/**
 * The engine process: ONNX Runtime and the decode loop, and nothing that a client could reach.
 *
 * `InferenceSession.run` blocks JavaScript for a whole encode. Here that blocks nobody: the server's event loop, which
 * answers probes and reads uploads, is another process.
 */
import { decodeWindow } from '../whisper/decode-window';
import { specialTokensFrom, type SpecialTokens } from '../whisper/special-tokens';
import { WhisperError, type WhisperErrorCode } from '../whisper/whisper-error';
import { EngineError } from './engine-error';
import type { EngineProcessOptions, EngineRequest, EngineResponse } from './engine-protocol';
import { SAMPLE_RATE_HZ } from './log-mel';
import { openModelDirectory } from './model-directory';
import { OnnxWhisperModel } from './onnx-whisper-model';

interface LoadedModel {
  readonly model: OnnxWhisperModel;
  readonly special: SpecialTokens;
}

let loaded: LoadedModel | undefined;
const running = new Map<number, AbortController>();

function send(response: EngineResponse): void {
  process.send?.(response);
}

async function load(options: EngineProcessOptions): Promise<void> {
  const started = performance.now();
  const directory = openModelDirectory(options.modelStore, options.model, options.quantization);
  const special = specialTokensFrom(directory.generationConfig, directory.config);
  const model = await OnnxWhisperModel.load(directory, options.threads);
  const loadedAt = performance.now();
  // The first run of each graph allocates and pages in its weights: pay for it before the first caller.
  await decodeWindow(model, special, new Float32Array(SAMPLE_RATE_HZ), {
    task: 'transcribe',
    timestamps: false,
    temperature: 0,
    maxNewTokens: 4,
  });
  loaded = { model, special };
  send({ type: 'ready', loadMs: loadedAt - started, warmUpMs: performance.now() - loadedAt });
}

async function decode({ id, samples, options }: Extract<EngineRequest, { type: 'decode' }>): Promise<void> {
  const aborter = new AbortController();
  running.set(id, aborter);
  try {
    if (!loaded) throw new EngineError('engine_failed', 'the engine got a window before its model was loaded');
    const result = await decodeWindow(loaded.model, loaded.special, samples, options, aborter.signal);
    send({ type: 'decoded', id, result });
  } catch (error) {
    if (aborter.signal.aborted) send({ type: 'aborted', id });
    else send({ type: 'decode_failed', id, code: whisperCode(error), message: (error as Error).message });
  } finally {
    running.delete(id);
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
    case 'decode':
      void decode(request);
      break;
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
