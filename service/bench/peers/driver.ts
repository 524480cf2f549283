import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { DriverMessage, DriverRequest } from './drivers/driver-protocol';
import { spawnPinned, type PinnedProcess } from './pinned-process';

/** How long a peer may take for one thing before it counts as stuck. */
const PATIENCE_MS = 120_000;
/** Of what a driver that fails wrote last. */
const LAST_WORDS = 600;

export interface Decoded {
  readonly ms: number;
  readonly tokens: number;
}

interface Waiting {
  readonly resolve: (message: DriverMessage) => void;
  readonly reject: (error: Error) => void;
}

/** A peer in a process of its own (drivers/driver-protocol.ts). */
export class Driver {
  private readonly waiting = new Map<number | 'ready', Waiting>();
  private nextId = 0;
  private words = '';
  private ended: Error | undefined;
  /** Versions and settings, in words. */
  about = '';

  private constructor(
    private readonly name: string,
    private readonly child: PinnedProcess,
  ) {
    createInterface(child.stdout).on('line', (line) => {
      const message = JSON.parse(line) as DriverMessage;
      const key = 'ready' in message ? 'ready' : message.id;
      if ('error' in message) this.waiting.get(key)?.reject(new Error(`${name}: ${message.error}`));
      else this.waiting.get(key)?.resolve(message);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.words = (this.words + text).slice(-LAST_WORDS);
    });
    // A driver that ends while it is written to is told by its exit.
    child.stdin.on('error', () => undefined);
    child.once('close', (code, signal) => {
      this.fail(new Error(`${name} ended (${signal ?? code}): ${this.words.trim().split('\n').at(-1) ?? ''}`));
    });
  }

  /** Resolves when the model is loaded. @throws where it cannot be */
  static async start(name: string, command: readonly string[]): Promise<Driver> {
    const driver = new Driver(name, spawnPinned(command));
    const message = await driver.answerTo('ready', () => undefined);
    driver.about = 'ready' in message ? message.ready : '';
    return driver;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** @throws where it decoded another number of tokens, unless any will do */
  async decode(audio: string, tokens: number, anyNumber = false): Promise<Decoded> {
    const message = await this.ask({ id: this.nextId++, do: 'decode', audio, tokens });
    if (!('ms' in message)) throw new Error(`${this.name}: no answer to a decode, got ${JSON.stringify(message)}`);
    if (!anyNumber && message.tokens !== tokens) {
      throw new Error(`${this.name} decoded ${message.tokens} tokens instead of ${tokens}: it would not be comparable`);
    }
    return message;
  }

  /** @returns milliseconds until it answered, which whoever serves with this library would take for a probe */
  async ping(): Promise<number> {
    const started = performance.now();
    await this.ask({ id: this.nextId++, do: 'ping' });
    return performance.now() - started;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const closed = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await closed;
  }

  private ask(request: DriverRequest): Promise<DriverMessage> {
    return this.answerTo(request.id, () => this.child.stdin.write(`${JSON.stringify(request)}\n`));
  }

  private async answerTo(key: number | 'ready', send: () => void): Promise<DriverMessage> {
    if (this.ended) throw this.ended;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<DriverMessage>((resolve, reject) => {
        this.waiting.set(key, { resolve, reject });
        timer = setTimeout(() => {
          reject(new Error(`${this.name} said nothing for ${PATIENCE_MS / 1000} s`));
        }, PATIENCE_MS);
        send();
      });
    } finally {
      clearTimeout(timer);
      this.waiting.delete(key);
    }
  }

  private fail(error: Error): void {
    this.ended = error;
    for (const { reject } of this.waiting.values()) reject(error);
  }
}
