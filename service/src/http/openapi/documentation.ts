import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import fp from 'fastify-plugin';

/** Path of the page that shows the API. */
export const DOCS_PATH = '/docs';
/** Path of the document that it shows. */
export const OPENAPI_PATH = '/openapi.json';

/** Of a request: what an answer that is in a cache already is asked for by, or the rest of one. */
const OF_CACHES = ['if-modified-since', 'if-none-match', 'if-range', 'range'];
/** Of an answer: what belongs to its connection, or is set for every answer. */
const OF_THE_CONNECTION = ['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding'];

/**
 * The OpenAPI document, made of the routes' own schemas, and a page that shows it. To be registered before the routes.
 *
 * What makes them is loaded when somebody looks, and not while callers wait for the server to start.
 */
export const documentation = fp<{ readonly withKeys: boolean }>(function documentation(app, { withKeys }, done) {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    // Fastify adds HEAD to each GET by itself: the document has none.
    if (route.method !== 'HEAD' && route.schema?.hide !== true) routes.push(route);
  });
  let loading: Promise<FastifyInstance> | undefined;
  const load = async (): Promise<FastifyInstance> => {
    const { documentationPages } = await import('./documentation-pages.js');
    return documentationPages(routes, withKeys);
  };
  const show = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    // `..` and its escapes, which lead out of the pages.
    if (new URL(request.url, 'http://server').pathname !== request.url.split('?')[0]) return notThere(reply);
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    const pages = await loading;
    const conditions = Object.entries(request.headers).filter(([name]) => OF_CACHES.includes(name));
    const answer = await pages.inject({ method: 'GET', url: request.url, headers: Object.fromEntries(conditions) });
    if (answer.statusCode >= 500) throw new Error(`the documentation's ${request.url} answers ${answer.payload}`);
    if (answer.statusCode === 404) return notThere(reply);
    const headers = Object.entries(answer.headers).filter(([name]) => !OF_THE_CONNECTION.includes(name));
    return reply.code(answer.statusCode).headers(Object.fromEntries(headers)).send(answer.rawPayload);
  };
  const own = { schema: { hide: true } };
  for (const path of [OPENAPI_PATH, DOCS_PATH, `${DOCS_PATH}/*`]) app.get(path, own, show);
  done();
});

function notThere(reply: FastifyReply): FastifyReply {
  reply.callNotFound();
  return reply;
}
