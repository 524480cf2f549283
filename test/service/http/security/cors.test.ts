import fastify, { type FastifyInstance } from 'fastify';
import { errorHandling } from '../../../../service/src/http/errors/error-handling';
import { cors } from '../../../../service/src/http/security/cors';

const APP = 'https://agent.example.com';
const OTHER = 'https://other.example.com:8443';

function appFor(origins: readonly string[]): FastifyInstance {
  const app = fastify();
  app.register(errorHandling);
  app.register(cors, { origins });
  // As authentication does: a preflight has no key.
  app.after(() => {
    app.addHook('onRequest', ({ headers }, reply, next) => {
      if (headers.authorization === undefined) reply.code(401).send({});
      else next();
    });
    app.post('/v1/audio/transcriptions', () => ({}));
    app.get('/v1/models', () => ({}));
  });
  return app;
}

const preflight = (origin: string): Record<string, string> => ({
  origin,
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization',
});

describe('cors', () => {
  it('answers preflights of known origins before anybody asks for a key', async () => {
    const app = appFor([APP, OTHER]);
    for (const origin of [APP, OTHER]) {
      const answer = await app.inject({
        method: 'OPTIONS',
        url: '/v1/audio/transcriptions',
        headers: preflight(origin),
      });
      expect(answer.statusCode).toBe(204);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, HEAD, POST',
        'access-control-allow-headers': 'authorization',
        'access-control-max-age': '7200',
        vary: expect.stringMatching(/origin/i) as string,
      });
    }
  });

  it.each([`${APP}.evil.example`, 'https://evil.example', 'null', 'http://agent.example.com', `${APP}/`])(
    'gives %s nothing',
    async (origin) => {
      const app = appFor([APP]);
      for (const method of ['OPTIONS', 'GET'] as const) {
        const { headers } = await app.inject({ method, url: '/v1/models', headers: preflight(origin) });
        expect(headers['access-control-allow-origin']).toBeUndefined();
      }
    },
  );

  it('lets pages read refusals, and the headers that say when to try again', async () => {
    const answer = await appFor([APP]).inject({ url: '/v1/models', headers: { origin: APP } });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-expose-headers':
        'x-request-id, retry-after, retry-after-ms, x-should-retry, server-timing, openai-processing-ms, ' +
        'x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests',
    });
  });

  it('allows every origin where it is told to, and never credentials', async () => {
    for (const origins of [['*'], [APP]]) {
      const { headers } = await appFor(origins).inject({ url: '/v1/models', headers: { origin: APP } });
      expect(headers['access-control-allow-origin']).toBe(origins[0]);
      expect(headers['access-control-allow-credentials']).toBeUndefined();
    }
  });

  it('answers an OPTIONS that is no preflight as any method that is not taken', async () => {
    const answer = await appFor([APP]).inject({
      method: 'OPTIONS',
      url: '/v1/models',
      headers: { origin: APP, authorization: 'Bearer x' },
    });
    expect(answer.statusCode).toBe(405);
    expect(answer.json()).toMatchObject({ error: { code: 'method_not_allowed' } });
  });

  it('is off without origins', async () => {
    const { headers, statusCode } = await appFor([]).inject({
      method: 'OPTIONS',
      url: '/v1/models',
      headers: preflight(APP),
    });
    expect(statusCode).toBe(401);
    expect(Object.keys(headers).join()).not.toContain('access-control');
  });

  it.each([
    [[`${APP}/path`], 'expected an origin such as https://app.example.com, or *'],
    [['agent.example.com'], 'expected an origin such as'],
    [['ftp://agent.example.com'], 'expected an origin such as'],
    [['*', APP], '* stands alone'],
  ])('refuses to start with %j', async (origins, message) => {
    await expect(appFor(origins).ready()).rejects.toThrow(message);
  });
});
