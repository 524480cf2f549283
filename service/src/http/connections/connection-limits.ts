import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import fp from 'fastify-plugin';
import { ApiError } from '../errors/api-error';
import { OPEN_ROUTES } from '../security/open-routes';
import type { Connection, ConnectionTracker } from './connection-tracker';

export interface ConnectionLimitsOptions {
  readonly tracker: ConnectionTracker;
  /** Connections that are kept. Default: {@link maxConnections} of this process. */
  readonly maxConnections?: number;
  /** Further ones, while requests are in flight on all of those: for probes. Default: {@link RESERVED_CONNECTIONS}. */
  readonly reservedConnections?: number;
}

/**
 * Two hundred processes of callers with five connections each. An idle one takes about 15 kB of the server's memory:
 * 15 MiB of them.
 */
const MAX_CONNECTIONS = 1_024;
/** The kubelet opens a connection for each probe, and has three of them under way at most. */
const RESERVED_CONNECTIONS = 64;
/** The server has 25 files open at rest, and opens more to start engines and workers anew. */
const OWN_FILES = 128;
/** Fewer would be none: with a limit so small the server could not work anyway. */
const FEWEST_CONNECTIONS = 16;
/** A client that sends nothing so long after it has connected did not connect because it has a request. */
const FIRST_REQUEST_MS = 1_000;
const LOG_INTERVAL_MS = 60_000;

/**
 * Keeps a flood of connections from using up files and memory, and the probes answered meanwhile. Beyond the limit, what
 * has said nothing for a second after it has connected goes; with the reserve used up too, what has waited longest for
 * its next request. Where requests are in flight on as many connections as are kept, further ones are refused with
 * `overloaded`, but for those of probes. `server.maxConnections` would drop the newest connections instead, and so the
 * kubelet's.
 */
export const connectionLimits = fp<ConnectionLimitsOptions>(function connectionLimits(app, options, done) {
  const {
    tracker,
    maxConnections = connectionsFor(openFilesLimit()),
    reservedConnections = RESERVED_CONNECTIONS,
  } = options;
  for (const [name, value] of Object.entries({ maxConnections, reservedConnections })) {
    if (!Number.isInteger(value) || value < 1) {
      done(new Error(`${name}: got ${value}, expected a whole number from 1 on`));
      return;
    }
  }
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  const logAtLimit = (): void => {
    if (performance.now() - loggedAtMs < LOG_INTERVAL_MS) return;
    loggedAtMs = performance.now();
    app.log.warn(
      { connections: tracker.size, busy: tracker.busy, maxConnections },
      'connections at their limit: those that have waited longest for a request are closed',
    );
  };

  app.server.on('connection', (newcomer: Socket) => {
    if (tracker.size <= maxConnections) return;
    const { silent, served, young } = longestWaiting(tracker.all(), newcomer);
    const full = tracker.size > maxConnections + reservedConnections;
    const closed = silent ?? (full ? (served ?? young ?? newcomer) : undefined);
    if (!closed) return;
    logAtLimit();
    closed.destroy();
  });

  app.addHook('onRequest', (request, reply, next) => {
    if (tracker.busy <= maxConnections || OPEN_ROUTES.has(request.routeOptions.url ?? '')) {
      next();
      return;
    }
    reply.header('connection', 'close');
    next(new ApiError('overloaded', `requests are in flight on ${maxConnections} connections: try again later`));
  });
  done();
});

interface LongestWaiting {
  /** It has said nothing for {@link FIRST_REQUEST_MS} after it has connected. */
  readonly silent?: Socket;
  /** It had requests before. */
  readonly served?: Socket;
  /** Its first request may be on the way. */
  readonly young?: Socket;
}

/** Of each kind, the connection that has waited longest without a request in flight; not the newcomer. */
function longestWaiting(connections: Iterable<Connection>, newcomer: Socket): LongestWaiting {
  const silentBefore = performance.now() - FIRST_REQUEST_MS;
  let served: Socket | undefined;
  let young: Socket | undefined;
  for (const connection of connections) {
    const { socket } = connection;
    if (connection.exchanges.length > 0 || socket === newcomer) continue;
    if (connection.served) served ??= socket;
    else if (connection.idleSinceMs < silentBefore) return { silent: socket };
    else young ??= socket;
  }
  return { served, young };
}

/** Connections that a process with this many files may keep, the reserve left out. */
export function connectionsFor(openFiles: number): number {
  return Math.max(FEWEST_CONNECTIONS, Math.min(MAX_CONNECTIONS, openFiles - OWN_FILES - RESERVED_CONNECTIONS));
}

/** The soft limit, which Node.js has raised to the hard one at its start; what cannot be read limits nothing. */
function openFilesLimit(): number {
  try {
    const limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? Infinity : Number(limit);
  } catch {
    return Infinity;
  }
}
