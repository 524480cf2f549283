import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 10;
const PATIENCE_MS = 20_000;

/** A connection that sends what it is told to, be it HTTP or not, and keeps what comes back. */
export class RawConnection {
  /** All that came, a character a byte. */
  received = '';
  /** How the server ended it: with a FIN, or with a reset. */
  end: 'open' | 'closed' | 'reset' = 'open';

  private constructor(readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => {
      this.received += text;
    });
    socket.on('end', () => {
      this.end = 'closed';
    });
    socket.on('error', () => {
      this.end = 'reset';
    });
  }

  static async open(port: number): Promise<RawConnection> {
    // Half-open: the client's side stays, whatever the server does.
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** Sends one thing on a new connection and waits until the server has ended it. */
  static async answerTo(port: number, bytes: string | Uint8Array): Promise<RawConnection> {
    const connection = await RawConnection.open(port);
    connection.send(bytes);
    await connection.untilEnded();
    return connection;
  }

  /** Texts go out a byte a character. */
  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Status of each answer, 1xx included, in order. */
  get statuses(): readonly number[] {
    return [...this.received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  }

  /** The code of the error that came last. */
  get errorCode(): string | undefined {
    return [...this.received.matchAll(/"code":"(\w+)"/g)].at(-1)?.[1];
  }

  async until(condition: () => boolean, what: string, patienceMs = PATIENCE_MS): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while (!condition()) {
      if (Date.now() > deadline) {
        throw new Error(`waited in vain for ${what}; ${this.end}; received: ${JSON.stringify(this.received)}`);
      }
      await sleep(POLL_MS);
    }
  }

  /** Waits until the server has ended the connection, and ends its own side. */
  async untilEnded(patienceMs?: number): Promise<void> {
    await this.until(() => this.end !== 'open', 'the end of the connection', patienceMs);
    this.socket.destroy();
  }

  close(): void {
    this.socket.destroy();
  }
}

/** The head of a request, with `host`; lines end as they should. */
export function head(requestLine: string, headers: Readonly<Record<string, string | number>> = {}): string {
  const lines = Object.entries({ host: 'stt.test', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${requestLine} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** The head of an upload as clients send it. */
export function uploadHead(headers: Readonly<Record<string, string | number>>): string {
  return head('POST /v1/audio/transcriptions', { 'content-type': 'multipart/form-data; boundary=x', ...headers });
}

/** A part of a form whose boundary is `x`; a text a byte a character. */
export function part(disposition: string, contents: string | Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(`--x\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n`, 'latin1'),
    typeof contents === 'string' ? Buffer.from(contents, 'latin1') : contents,
    Buffer.from('\r\n'),
  ]);
}

/** A whole upload: head, parts and the end of the form. */
export function upload(parts: readonly Uint8Array[], headers: Readonly<Record<string, string | number>> = {}): Buffer {
  const body = Buffer.concat([...parts, Buffer.from('--x--\r\n')]);
  return Buffer.concat([Buffer.from(uploadHead({ 'content-length': body.length, ...headers }), 'latin1'), body]);
}
