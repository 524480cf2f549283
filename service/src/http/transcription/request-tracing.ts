import fp from 'fastify-plugin';
import { openTracing, type Tracing } from '../../observability/tracing';

declare module 'fastify' {
  interface FastifyInstance {
    tracing: Tracing;
  }
}

/** Traces of requests, by OpenTelemetry's variables of the environment; there before the first request. */
export const requestTracing = fp<{ readonly environment: NodeJS.ProcessEnv }>(async function requestTracing(
  app,
  { environment },
) {
  const tracing = await openTracing(environment, app.log);
  app.decorate('tracing', tracing);
  app.addHook('onClose', () => tracing.close());
});
