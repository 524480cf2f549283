import fp from 'fastify-plugin';
import type { ConnectionTracker } from './connection-tracker';

/**
 * Closes every connection without a request in flight when the server closes, and the others as soon as theirs are
 * answered. Node's own `closeIdleConnections` leaves those alone on which nothing was ever sent, and clients and load
 * balancers open connections ahead of need: each would hold the drain up until the header timeout. Answers whose heads
 * were out before could not say `connection: close`: each would hold it up for the time that connections are kept.
 */
export const connectionDrain = fp<{ readonly tracker: ConnectionTracker }>(function connectionDrain(
  app,
  { tracker },
  done,
) {
  // Node.js asks for it when a server closes, and takes an answer for sent that is only on its way: it would cut off those
  // that clients are still reading.
  app.server.closeIdleConnections = () => undefined;
  app.addHook('preClose', (closed) => {
    for (const connection of tracker.all()) {
      const { socket, exchanges } = connection;
      if (exchanges.length === 0) socket.destroy();
      for (const { response } of exchanges) {
        response.once('close', () => {
          if (connection.exchanges.length === 0) socket.destroySoon();
        });
      }
    }
    closed();
  });
  done();
});
