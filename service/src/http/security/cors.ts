import fastifyCors from '@fastify/cors';
import fp from 'fastify-plugin';

export interface CorsOptions {
  /** Origins whose pages may read answers: exact ones (`https://app.example.com`), or `*` alone. Empty: none. */
  readonly origins: readonly string[];
}

/** Of the answers, what a page's client needs beside the body: OpenAI's SDK decides by them whether to try again. */
const EXPOSED_HEADERS = [
  'x-request-id',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'server-timing',
  'openai-processing-ms',
  'x-ratelimit-limit-requests',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-reset-requests',
];

/** What Chromium keeps a preflight's answer at most: two hours. */
const PREFLIGHT_MAX_AGE_SECONDS = 7_200;

/**
 * Lets pages of other origins call the API (https://fetch.spec.whatwg.org/#http-cors-protocol). Never with credentials
 * of the browser's own, cookies that is: callers send their key in a header. Register it before what asks for a key,
 * since browsers send none with a preflight.
 */
export const cors = fp<CorsOptions>(async function cors(app, { origins }) {
  for (const origin of origins) {
    if (origin !== '*' && !isOrigin(origin)) {
      throw new Error(
        `origins: got ${JSON.stringify(origin)}, expected an origin such as https://app.example.com, or *`,
      );
    }
  }
  if (origins.includes('*') && origins.length > 1) {
    throw new Error(`origins: got ${JSON.stringify(origins)}; * stands alone`);
  }
  if (origins.length === 0) return;
  await app.register(fastifyCors, {
    delegator: (request, decide) => {
      const { method, headers } = request;
      // Another OPTIONS is answered as every method that a route does not take.
      const strayOptions =
        method === 'OPTIONS' &&
        !(headers.origin !== undefined && headers['access-control-request-method'] !== undefined);
      decide(null, {
        origin: strayOptions ? false : origins.includes('*') ? '*' : [...origins],
        methods: ['GET', 'HEAD', 'POST'],
        exposedHeaders: EXPOSED_HEADERS,
        maxAge: PREFLIGHT_MAX_AGE_SECONDS,
      });
    },
  });
});

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
