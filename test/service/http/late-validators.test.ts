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

  test('values of all parts are coerced where they stand, and what is shared is found', async () => {
    app.addSchema({ $id: 'count', type: 'integer' });
    app.post(
      '/of/:id',
      { schema: { body: { $ref: 'count#' }, params: { type: 'object', properties: { id: { $ref: 'count#' } } } } },
      ({ body, params }) => ({ body, params }),
    );
    const answer = await app.inject({
      method: 'POST',
      url: '/of/5',
      payload: '"7"',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.json()).toEqual({ body: 7, params: { id: 5 } });
  });

  test('a schema of headers is refused: their names would have to be spelled as Node.js has them', async () => {
    app.get('/headers', { schema: { headers: { type: 'object', required: ['Idempotency-Key'] } } }, () => 'never');
    await expect(app.ready()).rejects.toThrow('/headers: headers cannot have a schema');
  });

  test('the start compiles nothing', async () => {
    app.get('/broken', { schema: { querystring: { type: 'no such type' } } }, () => 'never');
    await app.ready();
    expect(await status('/first?beams=1')).toBe(200);
    await expect(validators.prepare()).rejects.toThrow('schema is invalid');
    expect(await status('/broken')).toBe(500);
  });
});
