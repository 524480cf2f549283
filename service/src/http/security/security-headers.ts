import helmet from '@fastify/helmet';
import fp from 'fastify-plugin';

export interface SecurityHeadersOptions {
  /** Routes that answer with pages and what those load: all whose pattern starts so. Default: none. */
  readonly pagePrefixes?: readonly string[];
}

/** An answer that is no page loads nothing, and nobody shows it in a frame. */
const DATA_POLICY = { defaultSrc: ["'none'"], frameAncestors: ["'none'"] };

/**
 * What the headers of an answer that is no page come to, for answers that no route gives: to a URL that cannot be read, and
 * to what is no HTTP request.
 */
export const DATA_HEADERS = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
} as const;

/**
 * Pages load from here alone. Swagger UI shows its icons as data: URLs and sets style attributes; script comes from
 * files, never from the page's text.
 */
const PAGE_POLICY = {
  defaultSrc: ["'none'"],
  baseUri: ["'none'"],
  connectSrc: ["'self'"],
  fontSrc: ["'self'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
  imgSrc: ["'self'", 'data:'],
  mediaSrc: ["'self'", 'blob:'],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
};

/**
 * Headers that keep browsers from making more of an answer than it is, on every answer of a route and to unknown
 * paths; {@link DATA_HEADERS} are the same for the others. Transcripts are somebody's words: no cache keeps them. Whether a name is for HTTPS alone is for the proxy to
 * say, which has the certificate.
 */
export const securityHeaders = fp<SecurityHeadersOptions>(async function securityHeaders(app, { pagePrefixes = [] }) {
  // Before helmet's own, which reads what this one sets.
  app.addHook('onRoute', (route) => {
    if (pagePrefixes.some((prefix) => route.url.startsWith(prefix))) {
      route.helmet = { contentSecurityPolicy: { useDefaults: false, directives: PAGE_POLICY } };
    }
  });
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: DATA_POLICY },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    strictTransportSecurity: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });
  app.addHook('onSend', (_request, reply, payload, next) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    next(null, payload);
  });
});
