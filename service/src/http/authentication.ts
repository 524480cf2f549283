import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { METRICS_PATH, PROBE_PATHS } from '../../../lib/contract';
import { ApiError } from './api-error';
import type { ApiKeys } from './api-keys';

/** The kubelet and Prometheus have no key. */
const OPEN_PATHS: ReadonlySet<string> = new Set([...Object.values(PROBE_PATHS), METRICS_PATH, '/health']);

/**
 * Asks for an API key, before the body is read: `Authorization: Bearer KEY`, as OpenAI's SDKs send it.
 */
export const authentication = fp<{ readonly keys: ApiKeys }>(function authentication(app, { keys }, done) {
  app.addHook('onRequest', async (request) => {
    if (OPEN_PATHS.has(request.url.split('?')[0]!)) return Promise.resolve();
    const key = bearer(request);
    if (key === undefined) {
      throw new ApiError('invalid_api_key', "You didn't provide an API key: send the header Authorization: Bearer KEY");
    }
    if (!keys.accepts(key)) throw new ApiError('invalid_api_key', 'Incorrect API key provided');
    return Promise.resolve();
  });
  done();
});

function bearer({ headers }: FastifyRequest): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}
