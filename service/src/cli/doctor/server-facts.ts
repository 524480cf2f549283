import { once } from 'node:events';
import { createServer, isIP } from 'node:net';
import { PROBE_PATHS } from '../../../../lib/contract';
import type { Config } from '../../config';
import { resourceLimits, usableCpus } from '../../engine/cgroup';
import { Engine } from '../../engine/engine';
import { openModelDirectory, type ModelDirectory } from '../../engine/model-directory';
import { verifyModelFiles } from '../../engine/model-integrity';
import { speechDetectorFile } from '../../engine/speech-detector-file';
import { ApiKeys } from '../../http/security/api-keys';
import { SAMPLE_RATE_HZ } from '../../whisper/audio-format';

/** Something that was tried: what came of it, or why it failed. */
export type Outcome<T> = { readonly value: T } | { readonly error: string };

/** What the server's configuration leads to, tried as the server would. */
export interface ServerFacts {
  readonly config: Config;
  readonly model: Outcome<ModelDirectory>;
  /** How many files were compared with the model's checksums; 0 where it has none. Undefined without a model. */
  readonly checksums: Outcome<number> | undefined;
  readonly hasSpeechDetector: boolean;
  /** How many; undefined where everybody is served. */
  readonly apiKeys: Outcome<number> | undefined;
  readonly port: PortFacts;
  /** Undefined where the model was not to be loaded, or could not be found. */
  readonly load: Outcome<LoadFacts> | undefined;
}

/**
 * `server`: this server's like answers there, `isReady` or not; `taken`: something else, or this host has no such address,
 * for the `reason` given.
 */
export type PortFacts =
  | { readonly state: 'free' }
  | { readonly state: 'server'; readonly isReady: boolean }
  | { readonly state: 'taken'; readonly reason: string };

/** Times of a first answer, in milliseconds. */
export interface LoadFacts {
  readonly loadMs: number;
  readonly warmUpMs: number;
  /** For a second of silence, which takes a whole window of the encoder. */
  readonly answerMs: number;
}

/** A server that is there answers within the kubelet's default. */
const PROBE_TIMEOUT_MS = 1000;

/** @param wantsLoad whether to load the model, unless a server that runs here has */
export async function readServerFacts(config: Config, wantsLoad: boolean): Promise<ServerFacts> {
  const port = await tryPort(config);
  const model = await outcomeOf(() => openModelDirectory(config.modelStore, config.model, config.quantization));
  const directory = 'value' in model ? model.value : undefined;
  const { apiKeysFile } = config;
  // Beside a running server a second model could be more than the memory limit allows, and end both.
  const loads = wantsLoad && directory !== undefined && config.device === 'cpu' && port.state !== 'server';
  return {
    config,
    model,
    checksums: directory && (await outcomeOf(async () => (await verifyModelFiles(directory)).size)),
    hasSpeechDetector: speechDetectorFile() !== undefined,
    apiKeys: apiKeysFile === undefined ? undefined : await outcomeOf(() => new ApiKeys(apiKeysFile).names.length),
    port,
    load: loads ? await outcomeOf(() => tryModel(config)) : undefined,
  };
}

async function tryModel(config: Config): Promise<LoadFacts> {
  const engine = new Engine({
    modelStore: config.modelStore,
    model: config.model,
    quantization: config.quantization,
    threads: usableCpus(resourceLimits()),
    maxQueue: 1,
    speechDetectorFile: config.voiceActivity === 'silero' ? speechDetectorFile() : undefined,
  });
  try {
    const { loadMs, warmUpMs } = await engine.start();
    const asked = performance.now();
    await engine.decodeWindow(new Float32Array(SAMPLE_RATE_HZ), {
      task: 'transcribe',
      timestamps: false,
      temperature: 0,
    });
    return { loadMs, warmUpMs, answerMs: performance.now() - asked };
  } finally {
    await engine.stop();
  }
}

async function tryPort({ host, port }: Config): Promise<PortFacts> {
  const listener = createServer();
  try {
    listener.listen({ host, port });
    await once(listener, 'listening');
    return { state: 'free' };
  } catch (error) {
    const isReady = await askServer(host, port);
    if (isReady !== undefined) return { state: 'server', isReady };
    return { state: 'taken', reason: (error as Error).message };
  } finally {
    listener.close();
  }
}

/** Whether the server there is ready; undefined where none of ours answers. */
async function askServer(host: string, port: number): Promise<boolean | undefined> {
  // Who listens on every address is reached by the loopback's.
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const origin = `http://${isIP(reachable) === 6 ? `[${reachable}]` : reachable}:${port}`;
  const probe = async (path: string): Promise<boolean> =>
    (await fetch(`${origin}${path}`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })).ok;
  try {
    return (await probe(PROBE_PATHS.liveness)) ? await probe(PROBE_PATHS.readiness) : undefined;
  } catch {
    return undefined;
  }
}

async function outcomeOf<T>(work: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}
