import { PassThrough } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** Proxies cut a silent stream after half a minute or so. */
const HEARTBEAT_MS = 5_000;

/**
 * An answer of server-sent events. It begins with the first event, so that whatever goes wrong before can still be an
 * answer with a status. Heartbeats are comments: blocks without data make OpenAI's SDKs throw.
 */
export class EventStream {
  private readonly events = new PassThrough();
  private readonly heartbeat = setInterval(() => {
    this.write(': still at it\n\n');
  }, HEARTBEAT_MS);
  private begun = false;
  private ended = false;

  /** @param head further headers, asked for when the answer begins */
  constructor(
    private readonly reply: FastifyReply,
    private readonly head: () => Readonly<Record<string, string | number>>,
  ) {
    // A client that has gone is dealt with where its request is.
    this.events.on('error', () => undefined);
  }

  /** Whether the answer's head is out. */
  get hasBegun(): boolean {
    return this.begun;
  }

  send(data: object | '[DONE]'): void {
    this.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
  }

  /** Nothing follows; to be called in any case. */
  end(): void {
    this.ended = true;
    clearInterval(this.heartbeat);
    this.events.end();
  }

  private write(text: string): void {
    if (this.ended) return;
    if (!this.begun) {
      this.begun = true;
      this.reply
        .type('text/event-stream; charset=utf-8')
        .headers(this.head())
        // nginx would collect the events until its buffer is full.
        .header('x-accel-buffering', 'no')
        .send(this.events);
    }
    this.events.write(text);
  }
}
