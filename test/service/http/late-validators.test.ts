import fastify, { type FastifyInstance } from 'fastify';
import { LateValidators } from '../../../service/src/http/late-validators';

const QUERY = { type: 'object', properties: { beams: { type: 'integer', maximum: 8 } }, additionalProperties: false };

describe('LateValidators', () => {
  let validators: LateValidators;
  let app: FastifyInstance;
  beforeEach(() => {
    validators = new LateValidators();
    app = fastify({ schemaController: { compilersFactory: { buildValidator: validators.build } } });
    app.get('/first', { schema: { querystring: QUERY } }, ({ query }) => query);
    app.get('/second', { schema: { querystring: QUERY } }, ({ query }) => query);
  });
  afterEach(() => app.close());

  const status = async (url: string): Promise<number> => (await app.inject({ url })).statusCode;

  test.each([
    ['with the first request', () => Promise.resolve()],
    ['before it, when there was time', () => validators.prepare()],
  ])("a route's schema is compiled %s", async (_when, prepare) => {
    await app.ready();
    await prepare();
    expect(await status('/first?beams=9')).toBe(400);
    expect(await status('/first?beams=8')).toBe(200);
    // As Fastify has it: text that is a number becomes one, and what is not known is left out.
    expect((await app.inject({ url: '/second?beams=5&more=1' })).json()).toEqual({ beams: 5 });
    const { message } = (await app.inject({ url: '/second?beams=many' })).json<{ message: string }>();
    expect(message).toBe('querystring/beams must be integer');
  });

  test('the start compiles nothing', async () => {
    app.get('/broken', { schema: { querystring: { type: 'no such type' } } }, () => 'never');
    await app.ready();
    expect(await status('/first?beams=1')).toBe(200);
    await expect(validators.prepare()).rejects.toThrow('schema is invalid');
    expect(await status('/broken')).toBe(500);
  });
});
