import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { REPOSITORY } from './built';

const BIN = path.join(REPOSITORY, 'service/bin/whisper-stt.js');
const CRASHING_ENGINE = path.join(REPOSITORY, 'test/support/crashing-engine.js');
const POLL_MS = 20;

export interface LogLine {
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The real server in a process of its own, on a port that the system chose. */
export class ServerProcess {
  readonly log: LogLine[] = [];
  readonly exit: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** What was written that is no log line. */
  output = '';

  private constructor(readonly child: ChildProcess) {
    this.exit = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        resolve({ code, signal });
      });
    });
    for (const stream of [child.stdout!, child.stderr!]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        for (const line of lines) this.take(line);
      });
    }
  }

  /** Starts it; does not wait. @param wrap a command that the server is started through */
  static spawn(environment: Readonly<Record<string, string>> = {}, wrap: readonly string[] = []): ServerProcess {
    const command = [...wrap, process.execPath, BIN, 'serve'];
    // Nothing of the test runner's environment: what the server gets is what the test says.
    const env = { PATH: process.env.PATH, STT_PORT: '0', ...environment };
    return new ServerProcess(spawn(command[0]!, command.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** Starts it and waits until it is ready. */
  static async start(environment: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const server = ServerProcess.spawn(environment);
    await server.untilReady();
    return server;
  }

  get port(): number {
    return this.find('listening')?.port as number;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Process id of the engine that became ready last. */
  get enginePid(): number {
    return this.log.findLast(({ msg }) => msg === 'engine ready')?.enginePid as number;
  }

  find(message: string): LogLine | undefined {
    return this.log.find(({ msg }) => msg === message);
  }

  /** Waits until one engine process has all threads, as it is at rest (docs/engine-layout.md). */
  async untilOneEngine(): Promise<void> {
    const processes = (): unknown =>
      this.log.findLast(({ msg }) => msg === 'engine threads divided anew')?.processes ?? 1;
    await this.until(() => processes() === 1, 'one engine process');
  }

  /** Waits for a condition while the process lives. */
  async until(condition: () => boolean | Promise<boolean>, what: string, timeoutMs = 30_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!(await condition())) {
      if (this.child.exitCode !== null || this.child.signalCode !== null || Date.now() > deadline) {
        throw new Error(
          `waited in vain for ${what}:\n${this.output}${this.log.map((line) => JSON.stringify(line)).join('\n')}`,
        );
      }
      await sleep(POLL_MS);
    }
  }

  async untilReady(): Promise<void> {
    await this.until(() => this.find('listening') !== undefined, 'the listener');
    await this.until(async () => (await this.get('/readyz')).ok, 'readiness');
    // The log comes by another way than the answer, and may come later.
    await this.until(() => this.find('engine ready') !== undefined, 'the log line of the engine');
  }

  get(route: string): Promise<Response> {
    return fetch(`${this.url}${route}`);
  }

  async stop(
    signal: NodeJS.Signals = 'SIGTERM',
  ): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
    this.child.kill(signal);
    return this.exit;
  }

  private take(line: string): void {
    try {
      this.log.push(JSON.parse(line) as LogLine);
    } catch {
      this.output += `${line}\n`;
    }
  }
}

/**
 * Environment of a server whose engine process ends whenever it gets a window of at least so many seconds. Killed from
 * outside, a process may have finished the window by then.
 */
export function crashingEngine(fromSeconds: number): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--require=${JSON.stringify(CRASHING_ENGINE)}`, TEST_CRASH_FROM_SECONDS: String(fromSeconds) };
}

/** A multipart upload as clients send it. */
export function audioForm(
  bytes: Uint8Array,
  fields: Readonly<Record<string, string>> = {},
  filename = 'audio.wav',
): FormData {
  const form = new FormData();
  form.append('file', new Blob([Uint8Array.from(bytes)]), filename);
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}

/** `POST /v1/audio/transcriptions`. */
export function transcriptionRequest(
  server: ServerProcess,
  bytes: Uint8Array,
  fields: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${server.url}/v1/audio/transcriptions`, {
    method: 'POST',
    body: audioForm(bytes, { model: 'whisper-1', ...fields }),
  });
}
