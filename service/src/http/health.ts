import fp from 'fastify-plugin';
import { PROBE_PATHS } from '../../../lib/contract';
import type { ServerState } from './server-state';

export interface HealthOptions {
  readonly state: ServerState;
  /** Bytes of the model's weights, for the legacy body. */
  readonly weightBytes: number;
}

/** The kubelet's probes, and the replaced service's `/health`. None of them touches the engine: they only read. */
export const health = fp<HealthOptions>(function health(app, { state, weightBytes }, done) {
  app.get(PROBE_PATHS.liveness, () => ({ status: 'alive' }));

  app.get(PROBE_PATHS.readiness, (_request, reply) => {
    const status = state.draining ? 'draining' : state.ready ? 'ready' : 'loading';
    return reply.code(status === 'ready' ? 200 : 503).send({ status });
  });

  app.get(PROBE_PATHS.startup, (_request, reply) =>
    reply.code(state.started ? 200 : 503).send({ status: state.started ? 'started' : 'loading' }),
  );

  // Always 200, as the replaced service answered: probes that still point here must not start to kill pods.
  app.get('/health', () => ({
    status: state.started ? 'healthy' : 'loading',
    model_loaded: state.started,
    model_size: state.started ? `${(weightBytes / 2 ** 20).toFixed(1)} MB` : 'Not loaded',
    uptime: state.uptimeSeconds,
  }));
  done();
});
