import fp from 'fastify-plugin';
import { ApiError } from './api-error';

export interface OpenaiModelsOptions {
  /** Name of the loaded model. */
  readonly model: string;
  /** When its files were written, in seconds since 1970. */
  readonly created: number;
}

/** `GET /v1/models`: what is really loaded, whatever alias a client sends. */
export const openaiModels = fp<OpenaiModelsOptions>(function openaiModels(app, { model, created }, done) {
  const entry = { id: model, object: 'model', created, owned_by: 'whisper-stt' };

  app.get('/v1/models', () => ({ object: 'list', data: [entry] }));

  // Names of hub repositories hold a slash.
  app.get<{ Params: { '*': string } }>('/v1/models/*', ({ params: { '*': id } }) => {
    if (id !== model) throw new ApiError('model_not_found', `the model '${id}' is not loaded; '${model}' is`, 'model');
    return entry;
  });
  done();
});
