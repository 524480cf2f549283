import type { Socket } from 'node:net';
import type { IncomingMessage } from 'node:http';
import fp from 'fastify-plugin';
import { connectionDrain } from './connection-drain';
import { connectionLimits } from './connection-limits';
import { ConnectionTracker } from './connection-tracker';
import { expectContinue } from './expect-continue';
import { garbageAtRest } from './garbage-at-rest';
import { readDeadlines, type ReadDeadlinesOptions } from './read-deadlines';

/**
 * Idle connections outlive those of the callers. Go's default transport closes after 90 s; a server that closes first
 * answers a request that is already under way with a reset. How many requests a connection brings is not limited:
 * agents use theirs for days.
 */
export const KEEP_ALIVE_TIMEOUT_MS = 95_000;

declare module 'fastify' {
  interface FastifyInstance {
    connectionTracker: ConnectionTracker;
  }
}

/** Deadlines other than the defaults. */
export type ConnectionsOptions = Partial<Omit<ReadDeadlinesOptions, 'tracker'>>;

/** Everything about connections that is not about their requests. */
export const connections = fp<ConnectionsOptions>(async function connections(app, deadlines) {
  const tracker = new ConnectionTracker(app.server);
  app.decorate('connectionTracker', tracker);
  // The deadlines below are the first; Node's are the second, for what they might overlook.
  app.server.headersTimeout = app.server.requestTimeout;
  app.addHook('onReady', (ready) => {
    // Where somebody takes connections over; a listener where nobody does would be taken for one who does.
    if (app.server.listenerCount('upgrade') > 0) {
      app.server.prependListener('upgrade', (_message: IncomingMessage, socket: Socket) => {
        tracker.release(socket);
      });
    }
    ready();
  });
  await app.register(connectionDrain, { tracker });
  await app.register(connectionLimits, { tracker });
  await app.register(readDeadlines, { firstRequestMs: KEEP_ALIVE_TIMEOUT_MS, ...deadlines, tracker });
  await app.register(expectContinue);
  await app.register(garbageAtRest);
});
