import { Agent, request as httpRequest, type ClientRequest, type IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { LoadRequest } from './load-request';

export interface LoadAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** From when the request's head was sent to when the answer's came. */
  readonly headMs: number;
  /** From when the request's head was sent to the answer's last byte. */
  readonly totalMs: number;
}

/** When a client goes: after a share of the body, some time after it sent all, or when the answer begins to come. */
export type Leaving =
  { readonly afterShareOfBody: number } | { readonly afterMs: number } | { readonly whenAnswerBegins: true };

/** A client that keeps its connections, as agents do. */
export class LoadClient {
  private readonly agent: Agent;

  constructor(
    private readonly port: number,
    private readonly host = '127.0.0.1',
  ) {
    this.agent = new Agent({ keepAlive: true });
  }

  /** @throws when the connection ends before the answer does */
  send(request: LoadRequest): Promise<LoadAnswer> {
    return new Promise((resolve, reject) => {
      const sent = this.open(request);
      let sentAt = performance.now();
      whenConnected(sent, () => {
        sentAt = performance.now();
      });
      sent.once('error', reject);
      sent.once('response', (response) => {
        const headMs = performance.now() - sentAt;
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          const { statusCode = 0, headers } = response;
          const body = Buffer.concat(chunks).toString();
          resolve({ status: statusCode, headers, body, headMs, totalMs: performance.now() - sentAt });
        });
      });
      sent.end(request.body);
    });
  }

  /** Sends a request and goes before its answer is complete; resolves when the connection is gone. */
  sendAndLeave(request: LoadRequest, leaving: Leaving): Promise<void> {
    return new Promise((resolve) => {
      const sent = this.open(request);
      sent.once('close', resolve);
      // It is this side that goes; what the other makes of it is not asked.
      sent.on('error', () => undefined);
      sent.on('response', (response) => {
        response.on('error', () => undefined);
        if ('whenAnswerBegins' in leaving) sent.destroy();
        else response.resume();
      });
      if ('afterShareOfBody' in leaving) {
        sent.flushHeaders();
        const share = request.body.subarray(0, Math.floor(leaving.afterShareOfBody * request.body.length));
        whenConnected(sent, () => {
          if (share.length > 0) sent.write(share, () => sent.destroy());
          else sent.destroy();
        });
        return;
      }
      sent.end(request.body);
      if ('afterMs' in leaving) setTimeout(() => sent.destroy(), leaving.afterMs);
    });
  }

  close(): void {
    this.agent.destroy();
  }

  private open({ path, headers, body }: LoadRequest): ClientRequest {
    return httpRequest({
      host: this.host,
      port: this.port,
      path,
      method: 'POST',
      agent: this.agent,
      headers: { ...headers, 'content-length': body.length },
    });
  }
}

function whenConnected(request: ClientRequest, then: () => void): void {
  request.once('socket', (socket: Socket) => {
    if (socket.connecting) socket.once('connect', then);
    else then();
  });
}
