import fastify from 'fastify';
import { DATA_HEADERS, securityHeaders } from '../../../../service/src/http/security/security-headers';

describe('securityHeaders', () => {
  const app = fastify();
  app.register(securityHeaders, { pagePrefixes: ['/docs'] });
  app.after(() => {
    app.get('/v1/models', () => ({}));
    app.get('/docs/page', (_request, reply) =>
      reply.header('cache-control', 'max-age=60').type('text/html').send('<p>'),
    );
  });

  it('lets an answer that is no page load nothing, and nobody keep it', async () => {
    const { headers } = await app.inject('/v1/models');
    const { 'content-type': _type, 'content-length': _length, date, connection, ...security } = headers;
    expect(security).toEqual({
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    });
    // Those of answers that no route gives.
    expect(security).toEqual(DATA_HEADERS);
    // For the proxy to say, which has the certificate.
    expect(headers).not.toHaveProperty('strict-transport-security');
  });

  it('lets pages load scripts from here alone, and none that stands in the page', async () => {
    const { headers } = await app.inject('/docs/page');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
  });

  it('leaves what a route says of its cache', async () => {
    expect((await app.inject('/docs/page')).headers['cache-control']).toBe('max-age=60');
  });

  it('is on answers to unknown paths too', async () => {
    expect((await app.inject('/nowhere')).headers).toHaveProperty('x-content-type-options', 'nosniff');
  });
});
