import fp from 'fastify-plugin';
import { MODEL_ENTRY, MODEL_LIST, OPENAI_ERRORS } from '../openapi/openai-schemas';
import type { ModelNames } from '../transcription/model-names';

export interface OpenaiModelsOptions {
  readonly models: ModelNames;
  /** When the model's files were written, in seconds since 1970. */
  readonly created: number;
}

/** `GET /v1/models`: what is really loaded, whatever alias a client sends. */
export const openaiModels = fp<OpenaiModelsOptions>(function openaiModels(app, { models, created }, done) {
  const entry = { id: models.loaded, object: 'model', created, owned_by: 'whisper-stt' };
  const tags = ['OpenAI'];

  const list = { tags, summary: 'The loaded model', response: { 200: MODEL_LIST, ...OPENAI_ERRORS } };
  app.get('/v1/models', { schema: list }, () => ({ object: 'list', data: [entry] }));

  const one = {
    tags,
    summary: 'The loaded model, by its name or one that clients send by default',
    params: { type: 'object', properties: { id: { type: 'string' } } },
    response: { 200: MODEL_ENTRY, ...OPENAI_ERRORS },
  };
  const find = (id: string): typeof entry => {
    if (models.isKnown(id)) return entry;
    throw models.notFound(id);
  };
  app.get<{ Params: { id: string } }>('/v1/models/:id', { schema: one }, ({ params: { id } }) => find(id));
  // Names of hub repositories hold a slash, which not every client encodes.
  app.get<{ Params: { organisation: string; id: string } }>(
    '/v1/models/:organisation/:id',
    { schema: { hide: true } },
    ({ params: { organisation, id } }) => find(`${organisation}/${id}`),
  );
  done();
});
