import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fp from 'fastify-plugin';
import { VERSION } from '../../version';

/** Path of the page that shows the API. */
export const DOCS_PATH = '/docs';
/** Path of the document that it shows. */
export const OPENAPI_PATH = '/openapi.json';

const DESCRIPTION =
  'Whisper speech-to-text in the protocols that voice agents already speak. docs/http-api.md has the prose, every error ' +
  'code and what each default comes from.';

/** The OpenAPI document, made of the routes' own schemas, and a page that shows it. To be registered before the routes. */
export const documentation = fp<{ readonly withKeys: boolean }>(function documentation(app, { withKeys }, done) {
  app.register(swagger, {
    openapi: {
      openapi: '3.0.3',
      info: { title: 'whisper-stt', description: DESCRIPTION, version: VERSION },
      // Relative: the server does not know by which name it is reached.
      servers: [{ url: '/' }],
      components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
      security: withKeys ? [{ apiKey: [] }] : [],
    },
    hideUntagged: true,
  });
  app.register(swaggerUi, { routePrefix: DOCS_PATH });
  app.get(OPENAPI_PATH, { schema: { hide: true } }, () => app.swagger());
  done();
});
