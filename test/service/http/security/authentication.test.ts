import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { errorHandling } from '../../../../service/src/http/errors/error-handling';
import { ApiKeys } from '../../../../service/src/http/security/api-keys';
import { authentication } from '../../../../service/src/http/security/authentication';

describe('authentication', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'keys-'));
  const file = path.join(folder, 'keys');
  const lines: string[] = [];
  let app: FastifyInstance;
  let url: string;

  beforeAll(async () => {
    writeFileSync(file, 'bot secret-1\nsecret-2');
    app = fastify({ logger: { level: 'info', stream: { write: (line: string) => void lines.push(line) } } });
    app.register(errorHandling);
    app.register(authentication, { keys: new ApiKeys(file), openPrefixes: ['/docs'] });
    app.after(() => {
      app.get('/v1/models', ({ keyName, log }) => {
        log.info('served');
        return { keyName };
      });
      app.get('/livez', ({ keyName }) => ({ keyName: keyName ?? null }));
      app.get('/docs/*', () => ({}));
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await app.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    lines.length = 0;
  });

  it.each([
    [{ authorization: 'Bearer secret-1' }, 'bot'],
    [{ authorization: 'bearer  secret-2 ' }, 'key-2'],
    [{ authorization: 'Token secret-1' }, 'bot'],
    [{ 'x-api-key': 'secret-1' }, 'bot'],
    [{ 'api-key': 'secret-2' }, 'key-2'],
    // A proxy's own credentials beside the caller's.
    [{ authorization: 'Bearer of-the-proxy', 'x-api-key': 'secret-1' }, 'bot'],
    [{ authorization: 'Basic c2VjcmV0', 'api-key': 'secret-1' }, 'bot'],
  ])('takes a key in %j, and names it to the handler and in the log', async (headers, keyName) => {
    const response = await fetch(`${url}/v1/models`, { headers });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ keyName });
    expect(JSON.parse(lines.find((line) => line.includes('served'))!)).toMatchObject({ key: keyName });
    expect(lines.join('')).not.toContain('secret');
  });

  it.each([
    [{}, "You didn't provide an API key"],
    [{ authorization: 'Bearer' }, "You didn't provide an API key"],
    [{ authorization: 'Basic secret-1' }, "You didn't provide an API key"],
    [{ authorization: 'Bearer secret-3' }, 'Incorrect API key'],
    [{ authorization: 'secret-1' }, "You didn't provide an API key"],
    [{ 'x-api-key': 'secret-1, secret-2' }, 'Incorrect API key'],
    [{ 'x-api-key': 'bot' }, 'Incorrect API key'],
  ])('refuses %j, and keeps what was given to itself', async (headers: Record<string, string>, message) => {
    const response = await fetch(`${url}/v1/models`, { headers });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({
      error: { code: 'invalid_api_key', message: expect.stringContaining(message) as string },
    });
    expect(body + lines.join('')).not.toMatch(/secret-/);
  });

  it('leaves probes open, and what the server says is open', async () => {
    expect(await (await fetch(`${url}/livez?a=b`)).json()).toEqual({ keyName: null });
    expect((await fetch(`${url}/docs/index.html`)).status).toBe(200);
  });

  it.each([
    '/nowhere',
    '/livez/',
    '/livez/../v1/models',
    '//livez',
    '/DOCS/',
    '/v1/models?/livez',
    '/%64ocs/../v1/models',
  ])('asks for a key at %s, which no open route answers', async (target) => {
    // fetch would make another path of it.
    const { statusCode } = await app.inject({ method: 'GET', url: target });
    expect(statusCode).toBe(401);
  });

  it('opens nothing but paths below the root', async () => {
    const open = fastify();
    open.register(authentication, { keys: undefined, openPrefixes: ['/'] });
    await expect(open.ready()).rejects.toThrow('openPrefixes: got "/", expected the start of a path below /');
  });

  it('asks nobody where there are no keys', async () => {
    const open = fastify();
    open.register(authentication, { keys: undefined });
    open.get('/v1/models', ({ keyName }) => ({ keyName: keyName ?? null }));
    expect((await open.inject('/v1/models')).json()).toEqual({ keyName: null });
  });
});
