import type { IncomingMessage } from 'node:http';
import type { FastifyReply } from 'fastify';
import fp from 'fastify-plugin';
import { ApiError } from '../errors/api-error';
import type { Connection, ConnectionTracker, Exchange } from './connection-tracker';

export interface ReadDeadlinesOptions {
  readonly tracker: ConnectionTracker;
  /** Time that a connection may wait for its first request, in ms. */
  readonly firstRequestMs: number;
  /** Time from a head's first byte to its last, and for a body that was refused already, in ms. Default: 10,000. */
  readonly headMs?: number;
  /** Time in which a body must make {@link MIN_BODY_BYTES_PER_SECOND}, in ms. Default: 10,000. */
  readonly bodyWindowMs?: number;
  /** Time in which a client must take some of its answer, in ms. Default: 60,000. */
  readonly answerMs?: number;
  /** Between two looks at all connections, in ms. Default: 1,000. */
  readonly lookMs?: number;
}

/** What HAProxy's and Apache's manuals give a head (`timeout http-request`, mod_reqtimeout); one packet holds most. */
const HEAD_MS = 10_000;
/**
 * ASP.NET Core's minimum (KestrelServerLimits.MinRequestBodyDataRate): a third of the lowest bit rate of Opus (6 kbit/s,
 * RFC 6716), so that audio which is sent while it is recorded gets through.
 */
export const MIN_BODY_BYTES_PER_SECOND = 240;
/** Twice the grace that ASP.NET Core gives: a phone that changes its cell is silent for seconds. */
const BODY_WINDOW_MS = 10_000;
/** nginx's send_timeout. */
const ANSWER_MS = 60_000;
/** Some clients send one after a body; it is no head (RFC 9112, 2.2). */
const EMPTY_LINE_BYTES = 2;
const LOOK_MS = 1_000;
/** Time to read a last answer, such as a 408; then the connection is cut. */
const LINGER_MS = 1_000;

/** A stretch of time in which something has to move. */
interface Window {
  sinceMs: number;
  /** Where it stood then. */
  mark: number;
}

/**
 * Ends connections that hold the server up: heads that come too slowly (408), bodies that trickle (408), answers that
 * nobody takes, and connections that are never used or were told goodbye. It looks once a second, at counters that are
 * there anyway, so that requests cost nothing. Node's own timeouts know neither rates nor when a head began.
 */
export const readDeadlines = fp<ReadDeadlinesOptions>(function readDeadlines(app, options, done) {
  const { tracker, firstRequestMs, headMs = HEAD_MS, bodyWindowMs = BODY_WINDOW_MS, answerMs = ANSWER_MS } = options;
  const { lookMs = LOOK_MS } = options;
  for (const [name, value] of Object.entries({ firstRequestMs, headMs, bodyWindowMs, answerMs, lookMs })) {
    if (!(value > 0)) {
      done(new Error(`${name}: got ${value}, expected a time in ms above 0`));
      return;
    }
  }
  const replies = new WeakMap<IncomingMessage, FastifyReply>();
  const windows = new WeakMap<object, Window>();
  /** How long a number has stood still, in ms. */
  const stillMs = (key: object, mark: number, now: number): number => {
    const window = windows.get(key);
    if (window?.mark === mark) return now - window.sinceMs;
    windows.set(key, { sinceMs: now, mark });
    return 0;
  };

  const lookAtWaiting = (connection: Connection, now: number): void => {
    const { socket, served, idleSinceMs, idleBytes, refusedBody } = connection;
    if (refusedBody) {
      if (now - idleSinceMs >= headMs) socket.destroy();
    } else if (socket.bytesRead - idleBytes <= EMPTY_LINE_BYTES) {
      // Node.js itself ends those that were served (keepAliveTimeout).
      if (!served && now - idleSinceMs >= firstRequestMs) socket.destroy();
    } else if (stillMs(socket, idleBytes, now) >= headMs) {
      const error = Object.assign(new Error(`the head did not arrive within ${headMs / 1000} s`), {
        code: 'ERR_HTTP_REQUEST_TIMEOUT',
      });
      app.server.emit('clientError', error, socket);
    }
  };

  const lookAtBody = ({ message, response }: Exchange, socket: Connection['socket'], now: number): void => {
    // Nobody reads it yet, or what has come is not taken: the server is the slow one.
    const awaited = !message.complete && message.readableFlowing !== null && message.readableLength === 0;
    const window = windows.get(message);
    if (!awaited || !window) {
      windows.set(message, { sinceMs: now, mark: socket.bytesRead });
      return;
    }
    const elapsedMs = now - window.sinceMs;
    if (elapsedMs < bodyWindowMs) return;
    if (socket.bytesRead - window.mark >= (MIN_BODY_BYTES_PER_SECOND * bodyWindowMs) / 1000) {
      windows.set(message, { sinceMs: now, mark: socket.bytesRead });
      return;
    }
    const reply = replies.get(message);
    if (!reply || response.headersSent) {
      socket.destroy();
      return;
    }
    reply.send(
      new ApiError(
        'body_timeout',
        `the body came at less than ${MIN_BODY_BYTES_PER_SECOND} bytes a second for ${bodyWindowMs / 1000} s`,
      ),
    );
    // The handler will fail for want of an answer to give; that is no fault.
    reply.log = reply.log.child({}, { level: 'silent' });
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  };

  const look = (): void => {
    const now = performance.now();
    for (const connection of [...tracker.all()]) {
      const { socket, exchanges } = connection;
      if (socket.writableEnded) {
        if (stillMs(socket, -1, now) >= LINGER_MS) socket.destroy();
      } else if (socket.writableLength > 0 && stillMs(exchanges, socket.writableLength, now) >= answerMs) {
        socket.destroy();
      } else if (exchanges.length === 0) {
        lookAtWaiting(connection, now);
      } else {
        lookAtBody(exchanges.at(-1)!, socket, now);
      }
    }
  };

  app.addHook('onRequest', (request, reply, next) => {
    replies.set(request.raw, reply);
    next();
  });
  const timer = setInterval(look, lookMs).unref();
  app.addHook('onClose', (_app, closed) => {
    clearInterval(timer);
    closed();
  });
  done();
});
