import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AudioDecoderOptions, DecodedAudio, FileOptions } from '../../service/src/audio/audio-decoder';

const COMPILED = join(__dirname, '../../build/service/src/audio/audio-decoder.js');

/** What a decoding came to: audio, or the error's fields. */
export interface HostedDecoding {
  readonly audio?: DecodedAudio;
  /** Length of the caller's `bytes` afterwards. */
  readonly bytesLeft?: number;
  readonly error?: { readonly name: string; readonly code?: string; readonly message: string };
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: HostedDecoding['error'];
}

/** A Node process that runs compiled AudioDecoders (audio-decoder-process.js). */
export class AudioDecoderHost {
  private readonly process: ChildProcess;
  private readonly pending = new Map<number, (reply: Reply) => void>();
  private lastId = 0;
  /** What the process wrote to its standard error. */
  errorOutput = '';

  constructor() {
    if (!existsSync(COMPILED)) throw new Error(`${COMPILED} is missing: run "npm run build" first`);
    this.process = fork(join(__dirname, 'audio-decoder-process.js'), { serialization: 'advanced', silent: true });
    this.process.stderr?.on('data', (data: Buffer) => {
      this.errorOutput += data.toString();
    });
    this.process.on('message', (reply: Reply) => {
      this.pending.get(reply.id)?.(reply);
      this.pending.delete(reply.id);
    });
  }

  async open(decoder: string, options: AudioDecoderOptions): Promise<void> {
    await this.call({ action: 'open', decoder, options });
  }

  /** Starts a decoding; `id` names it for `abort`. With `isPart` the bytes are a part of a larger buffer. */
  start(
    decoder: string,
    bytes: Uint8Array,
    isPart = false,
    options: FileOptions = {},
  ): { readonly id: number; readonly outcome: Promise<HostedDecoding> } {
    const outcome = this.call({ action: 'decode', decoder, bytes, isPart, options }).then(({ result, error }) =>
      error ? { error } : (result as HostedDecoding),
    );
    return { id: this.lastId, outcome };
  }

  async decode(decoder: string, bytes: Uint8Array, options: FileOptions = {}): Promise<HostedDecoding> {
    return this.start(decoder, bytes, false, options).outcome;
  }

  async abort(target: number): Promise<void> {
    await this.call({ action: 'abort', target });
  }

  /** Resident memory of the whole process, in MiB. */
  async memoryMib(): Promise<number> {
    return ((await this.call({ action: 'memory' })).result as number) / 2 ** 20;
  }

  /** Time until the process's event loop answers, in milliseconds. */
  async pingMs(): Promise<number> {
    const before = performance.now();
    await this.call({ action: 'ping' });
    return performance.now() - before;
  }

  async close(decoder: string): Promise<void> {
    await this.call({ action: 'close', decoder });
  }

  /** Ends the process. */
  stop(): void {
    this.process.kill();
  }

  private async call(request: object): Promise<Reply> {
    const id = ++this.lastId;
    return new Promise((resolve) => {
      this.pending.set(id, resolve);
      this.process.send({ id, ...request });
    });
  }
}
