import fp from 'fastify-plugin';
import { PROBE_PATHS } from '../../../../lib/contract';
import type { ServerState } from '../server-state';
import { legacyModelSize } from './legacy-models';

export interface HealthOptions {
  readonly state: ServerState;
  /** Bytes of the model's weights, for the legacy body. */
  readonly weightBytes: number;
}

const STATUS = {
  description: 'The state in a word.',
  type: 'object',
  required: ['status'],
  properties: { status: { type: 'string' } },
} as const;
const HEALTH = {
  description: 'Always 200.',
  type: 'object',
  required: ['status', 'model_loaded', 'model_size', 'uptime'],
  properties: {
    status: { type: 'string' },
    model_loaded: { type: 'boolean' },
    model_size: { type: 'string' },
    uptime: { type: 'number', description: 'Seconds' },
  },
} as const;

/** Open to those without a key, as OPEN_ROUTES says. */
const NO_KEY = { security: [] } as const;

function probe(summary: string): object {
  return { tags: ['Operation'], summary, ...NO_KEY, response: { 200: STATUS, 503: STATUS } };
}

/** The kubelet's probes, and the replaced service's `/health`. None of them touches the engine: they only read. */
export const health = fp<HealthOptions>(function health(app, { state, weightBytes }, done) {
  app.get(PROBE_PATHS.liveness, { schema: probe('Whether the process is to be restarted') }, (_request, reply) =>
    reply.code(state.hung ? 503 : 200).send({ status: state.hung ? 'hung' : 'alive' }),
  );

  app.get(PROBE_PATHS.readiness, { schema: probe('Whether requests are to be sent here') }, (_request, reply) => {
    const status = state.readiness;
    return reply.code(status === 'ready' ? 200 : 503).send({ status });
  });

  app.get(PROBE_PATHS.startup, { schema: probe('Whether the engine has been warm once') }, (_request, reply) =>
    reply.code(state.started ? 200 : 503).send({ status: state.started ? 'started' : 'loading' }),
  );

  // Always 200, as the replaced service answered: probes that still point here must not start to kill pods.
  const health = {
    tags: ['Replaced service'],
    summary: 'What the replaced service said',
    ...NO_KEY,
    response: { 200: HEALTH },
  };
  app.get('/health', { schema: health }, () => ({
    status: state.started ? 'healthy' : 'loading',
    model_loaded: state.started,
    model_size: legacyModelSize(state, weightBytes),
    uptime: state.uptimeSeconds,
  }));
  done();
});
