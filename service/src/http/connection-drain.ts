import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import fp from 'fastify-plugin';

/**
 * Closes every connection without a request in flight when the server closes. Node's own `closeIdleConnections` leaves
 * those alone on which nothing was ever sent, and clients and load balancers open connections ahead of need: each would
 * hold the drain up until the header timeout.
 */
export const connectionDrain = fp(function connectionDrain(app, _options, done) {
  /** Requests in flight by connection. */
  const inFlight = new Map<Socket, number>();
  app.server.on('connection', (socket: Socket) => {
    inFlight.set(socket, 0);
    socket.once('close', () => inFlight.delete(socket));
  });
  app.server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const count = (change: number): void => {
      const current = inFlight.get(socket);
      if (current !== undefined) inFlight.set(socket, current + change);
    };
    count(1);
    response.once('close', () => {
      count(-1);
    });
  });
  app.addHook('preClose', (closed) => {
    for (const [socket, requests] of inFlight) if (requests === 0) socket.destroy();
    closed();
  });
  done();
});
