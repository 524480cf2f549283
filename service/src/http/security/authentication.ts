import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { ApiError } from '../errors/api-error';
import type { ApiKeys } from './api-keys';
import { OPEN_ROUTES } from './open-routes';

declare module 'fastify' {
  interface FastifyRequest {
    /** Name of the API key that the caller gave; undefined where everybody is served. Never the key. */
    keyName: string | undefined;
  }
}

export interface AuthenticationOptions {
  /** Absent: everybody is served. */
  readonly keys: ApiKeys | undefined;
  /** Routes that need no key beside those of probes and metrics: all whose pattern starts so. Default: none. */
  readonly openPrefixes?: readonly string[];
}

/**
 * Asks for an API key before the body is read, in any header that the clients of the dialects send: `Authorization:
 * Bearer KEY` (OpenAI's), `Authorization: Token KEY` (Deepgram's), `x-api-key` or `api-key` (Azure's). Every log line
 * of a request names its key.
 */
export const authentication = fp<AuthenticationOptions>(function authentication(app, options, done) {
  const { keys, openPrefixes = [] } = options;
  const misplaced = openPrefixes.find((prefix) => !/^\/[^/]/.test(prefix));
  if (misplaced !== undefined) {
    done(new Error(`openPrefixes: got ${JSON.stringify(misplaced)}, expected the start of a path below /`));
    return;
  }
  app.decorateRequest('keyName', undefined);
  if (keys) {
    const unwatch = keys.watch(app.log);
    app.addHook('onClose', (_app, closed) => {
      unwatch();
      closed();
    });
    app.addHook('onRequest', (request, reply, next) => {
      if (isOpen(request, openPrefixes)) {
        next();
        return;
      }
      const given = keysGiven(request.headers);
      const name = given.map((key) => keys.nameOf(key)).find((each) => each !== undefined);
      if (name === undefined) {
        next(
          new ApiError(
            'invalid_api_key',
            given.length > 0
              ? 'Incorrect API key provided'
              : "You didn't provide an API key: send the header Authorization: Bearer KEY",
          ),
        );
        return;
      }
      request.keyName = name;
      request.log = reply.log = request.log.child({ key: name });
      next();
    });
  }
  done();
});

/** By the route that answers, not by the URL as it was written: there are many ways to write one. */
function isOpen({ routeOptions: { url } }: FastifyRequest, openPrefixes: readonly string[]): boolean {
  return url !== undefined && (OPEN_ROUTES.has(url) || openPrefixes.some((prefix) => url.startsWith(prefix)));
}

/** More than one where a proxy has added its own credentials to the caller's. */
function keysGiven(headers: IncomingHttpHeaders): readonly string[] {
  const authorization = /^(?:Bearer|Token) +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  return [authorization, headers['x-api-key'], headers['api-key']].filter((each) => typeof each === 'string');
}
