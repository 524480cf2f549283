import os from 'node:os';

/**
 * Hears that the user wants an end, or that nobody reads standard output any more. A second signal ends the process at
 * once. It lives as long as the process.
 */
export class Interruption {
  private readonly aborter = new AbortController();
  private code: number | undefined;

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      // The program's own, of the time before (bin/whisper-stt.js), would end it before anything is tidied up.
      process.removeAllListeners(signal);
      process.on(signal, () => {
        if (this.code !== undefined) process.exit(this.code);
        this.end(signal);
      });
    }
    process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
      // `whisper-stt transcribe … | head`
      if (code === 'EPIPE') this.end('SIGPIPE');
    });
  }

  get signal(): AbortSignal {
    return this.aborter.signal;
  }

  /** To end with, as shells count: 128 and the signal's number. Undefined as long as nobody wants an end. */
  get exitCode(): number | undefined {
    return this.code;
  }

  private end(signal: NodeJS.Signals): void {
    this.code ??= 128 + os.constants.signals[signal];
    this.aborter.abort();
  }
}
