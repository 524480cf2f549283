import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fastify, { type FastifyInstance, type RouteOptions } from 'fastify';
import { VERSION } from '../../version';
import { DOCS_PATH, OPENAPI_PATH } from './documentation';

const DESCRIPTION =
  'Whisper speech-to-text in the protocols that voice agents already speak. docs/http-api.md has the prose, every error ' +
  'code and what each default comes from.';

/** An application that knows the routes of another, and answers for its documentation alone. It listens to nobody. */
export async function documentationPages(routes: readonly RouteOptions[], withKeys: boolean): Promise<FastifyInstance> {
  const pages = fastify({ exposeHeadRoutes: false });
  // Nothing is asked of the routes but their schemas.
  pages.setValidatorCompiler(() => () => true);
  pages.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  await pages.register(swagger, {
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
  await pages.register(swaggerUi, { routePrefix: DOCS_PATH });
  for (const { method, url, schema } of routes) {
    pages.route({
      method,
      url,
      schema,
      handler: (_request, reply) => {
        reply.callNotFound();
      },
    });
  }
  pages.get(OPENAPI_PATH, { schema: { hide: true } }, () => pages.swagger());
  await pages.ready();
  return pages;
}
