import fp from 'fastify-plugin';
import type { ServiceMetrics } from '../../observability/service-metrics';

/**
 * Counts answers with an error that no transcription request got: those have a record of their own from their head on
 * (transcription/transcription-call.ts), which what is refused before, for want of a key say, never gets.
 */
export const errorMetrics = fp<{ readonly metrics: Pick<ServiceMetrics, 'httpError'> }>(function errorMetrics(
  app,
  { metrics },
  done,
) {
  app.addHook('onResponse', (request, _reply, next) => {
    if (request.failure !== null && request.call === null) metrics.httpError(request.failure.code);
    next();
  });
  done();
});
