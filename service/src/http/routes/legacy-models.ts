import fp from 'fastify-plugin';
import { OPENAI_ERRORS } from '../openapi/openai-schemas';
import type { ServerState } from '../server-state';

export interface LegacyModelsOptions {
  readonly state: Pick<ServerState, 'started'>;
  /** Name of the loaded model. */
  readonly model: string;
  /** Bytes of its weights. */
  readonly weightBytes: number;
}

const TEXT = { type: 'string' } as const;

/** `GET /models` of the replaced service. It offered four; what can be asked for here is the one that is loaded. */
export const legacyModels = fp<LegacyModelsOptions>(function legacyModels(app, { state, model, weightBytes }, done) {
  const schema = {
    tags: ['Replaced service'],
    summary: 'The loaded model, as the replaced service answered',
    response: {
      200: {
        description: 'The model.',
        type: 'object',
        properties: {
          current_model: TEXT,
          model_loaded: { type: 'boolean' },
          model_size: TEXT,
          available_models: { type: 'array', items: TEXT },
        },
      },
      ...OPENAI_ERRORS,
    },
  };
  app.get('/models', { schema }, () => ({
    current_model: model,
    model_loaded: state.started,
    model_size: legacyModelSize(state, weightBytes),
    available_models: [model],
  }));
  done();
});

/** The size of the model in the replaced service's words. */
export function legacyModelSize({ started }: Pick<ServerState, 'started'>, weightBytes: number): string {
  return started ? `${(weightBytes / 2 ** 20).toFixed(1)} MB` : 'Not loaded';
}
