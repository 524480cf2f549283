import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROBE_PATHS } from '../../../lib/contract';
import { LoadClient } from '../load/load-client';
import { imageMemorySettings } from '../image-memory-settings';
import { formRequest, type LoadRequest } from '../load/load-request';
import { REPOSITORY } from './bench-cache';
import { spawnPinned, type PinnedProcess } from './pinned-process';

const BIN = path.join(REPOSITORY, 'service/bin/whisper-stt.js');
const DOCKERFILE = path.join(REPOSITORY, 'service/Dockerfile');
const POLL_MS = 5;
/** The fields that have the server do what the drivers do: English, greedy, no timestamps, no second try. */
const PLAIN = {
  language: 'en',
  temperature: '0',
  temperature_inc: '0',
  no_timestamps: 'true',
  response_format: 'json',
};

export interface ServedModel {
  readonly folder: string;
  readonly precision: string;
  /** Tokens that each window is decoded to; random text never ends by itself. */
  readonly tokensPerWindow: number;
}

/** The real server in a process of its own, as the image runs it, on a port that the system chose. */
export class ServerUnderTest {
  private readonly client: LoadClient;

  private constructor(
    private readonly child: PinnedProcess,
    private readonly port: number,
  ) {
    this.client = new LoadClient(port);
  }

  /** Resolves when it is ready. @throws when it ends before */
  static async start(model: ServedModel, environment: NodeJS.ProcessEnv = {}): Promise<ServerUnderTest> {
    const store = limitedStore(model);
    const child = spawnPinned([process.execPath, BIN, 'serve'], {
      PATH: process.env.PATH,
      ...imageMemorySettings(DOCKERFILE),
      STT_PORT: '0',
      STT_MODEL_STORE: store,
      STT_MODEL: 'model',
      STT_QUANTIZATION: model.precision,
      STT_REQUEST_TIMEOUT_SECONDS: '300',
      ...environment,
    });
    let log = '';
    const listen = (text: string): void => {
      // What it says later is read, and not kept.
      if (!log.includes('"engine ready"')) log += text;
    };
    child.stdout.setEncoding('utf8').on('data', listen);
    child.stderr.setEncoding('utf8').on('data', listen);
    while (!log.includes('"engine ready"')) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server did not start: ${log}`);
      await sleep(POLL_MS);
    }
    return new ServerUnderTest(child, Number(/"port":(\d+)/.exec(log)![1]));
  }

  get pid(): number {
    return this.child.pid!;
  }

  static request(audioFolder: string, audio: string): LoadRequest {
    const bytes = readFileSync(path.join(audioFolder, `${audio}.wav`));
    return formRequest('/inference', { name: `${audio}.wav`, bytes }, PLAIN);
  }

  /** @returns milliseconds until the text was there @throws where it answers anything but that */
  async transcribe(request: LoadRequest): Promise<number> {
    const { status, body, totalMs } = await this.client.send(request);
    if (status !== 200) throw new Error(`the server answered ${status} ${body}`);
    return totalMs;
  }

  /** @returns milliseconds until the liveness probe was answered */
  async probe(): Promise<number> {
    const started = performance.now();
    const response = await fetch(`http://127.0.0.1:${this.port}${PROBE_PATHS.liveness}`);
    await response.text();
    return performance.now() - started;
  }

  /** Tokens and windows that it has decoded so far. */
  async decoded(): Promise<{ readonly tokens: number; readonly windows: number }> {
    const text = await (await fetch(`http://127.0.0.1:${this.port}/metrics`)).text();
    const of = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? NaN);
    return { tokens: of('stt_tokens_total'), windows: of('stt_windows_total') };
  }

  async stop(): Promise<void> {
    this.client.close();
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exit;
  }
}

/**
 * The model as it is, but for a decoder of so many positions that each window ends at the wanted token: half of them are
 * sampled at most (openai/whisper `sample_len`).
 */
function limitedStore({ folder, tokensPerWindow }: ServedModel): string {
  const store = `${folder}-${tokensPerWindow}-tokens`;
  const model = path.join(store, 'model');
  if (existsSync(store)) rmSync(store, { recursive: true });
  mkdirSync(model, { recursive: true });
  for (const name of readdirSync(folder)) {
    // The checksums are those of the whole model.
    if (name !== 'generation_config.json' && name !== 'SHA256SUMS')
      symlinkSync(path.join(folder, name), path.join(model, name));
  }
  const generation = JSON.parse(readFileSync(path.join(folder, 'generation_config.json'), 'utf8')) as object;
  const limited = { ...generation, max_target_positions: 2 * tokensPerWindow };
  writeFileSync(path.join(model, 'generation_config.json'), JSON.stringify(limited));
  return store;
}
