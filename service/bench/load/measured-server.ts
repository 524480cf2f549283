import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** From the compiled bench, the repository's own folder. */
const BIN = path.resolve(__dirname, '../../../../service/bin/whisper-stt.js');
const POLL_MS = 50;

/** A server of its own on a port that the system chose; on the embedded model, unless its environment says another. */
export class MeasuredServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  /** Resolves when it is ready. @throws when it ends before */
  static async start(environment: Readonly<Record<string, string>>): Promise<MeasuredServer> {
    const env = { PATH: process.env.PATH, STT_PORT: '0', ...environment };
    const child = spawn(process.execPath, [BIN, 'serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let log = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      // What it says later is read, and not kept.
      if (!log.includes('"engine ready"')) log += text;
    });
    while (!log.includes('"engine ready"')) {
      if (child.exitCode !== null) throw new Error(`the server did not start: ${log}`);
      await sleep(POLL_MS);
    }
    return new MeasuredServer(child, Number(/"port":(\d+)/.exec(log)![1]));
  }

  get pid(): number {
    return this.child.pid!;
  }

  async stop(): Promise<void> {
    const exit = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exit;
  }
}
