import fp from 'fastify-plugin';
import { METRICS_PATH } from '../../../../lib/contract';
import type { ServiceMetrics } from '../../observability/service-metrics';

/** Prometheus' text format. */
export const metricsRoute = fp<{ readonly metrics: ServiceMetrics }>(function metricsRoute(app, { metrics }, done) {
  app.get(METRICS_PATH, async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()));
  done();
});
