import fp from 'fastify-plugin';
import { collectGarbage } from '../../audio/garbage-collection';
import { OPEN_ROUTES } from '../security/open-routes';

declare module 'fastify' {
  interface FastifyInstance {
    /** Collects garbage once more if nothing is asked just now. */
    collectAtRest(): void;
  }
}

export interface GarbageAtRestOptions {
  /** Time without requests after which garbage is collected, in milliseconds. Default: {@link REST_MS}. */
  readonly restMs?: number;
  /** Default: {@link collectGarbage}. */
  readonly collect?: () => void;
}

/** Whoever asks one thing after another is not held up: the collection takes some ten milliseconds. */
const REST_MS = 1_000;

/**
 * Collects the garbage of the last requests when no more come. V8 does so as it allocates: at rest their uploads and
 * samples, outside of its heap, would stay in the working set that the autoscaler counts. Probes and scrapes are no work.
 */
export const garbageAtRest = fp<GarbageAtRestOptions>(function garbageAtRest(
  app,
  { restMs = REST_MS, collect = collectGarbage },
  done,
) {
  let inFlight = 0;
  let collection: NodeJS.Timeout | undefined;
  app.addHook('onRequest', (request, reply, next) => {
    if (!OPEN_ROUTES.has(request.routeOptions.url ?? '')) {
      clearTimeout(collection);
      inFlight++;
      reply.raw.once('close', () => {
        if (--inFlight === 0) collection = setTimeout(collect, restMs).unref();
      });
    }
    next();
  });
  // A second collection gives back what the first had only made free, and what has ended since: after a thousand requests
  // 4 MB of V8's heap.
  app.decorate('collectAtRest', () => {
    if (inFlight === 0) collect();
  });
  app.addHook('onClose', (_app, closed) => {
    clearTimeout(collection);
    closed();
  });
  done();
});
