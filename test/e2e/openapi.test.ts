import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { REPOSITORY } from '../support/built';
import { ServerProcess } from '../support/server-process';

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, unknown>>;
}

interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const committed = JSON.parse(readFileSync(join(REPOSITORY, 'docs/openapi.json'), 'utf8')) as OpenApiDocument;

describe('the OpenAPI document', () => {
  let server: ServerProcess;
  let served: OpenApiDocument;
  const operations = (): [string, Operation][] =>
    Object.entries(served.paths).flatMap(([url, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [`${method} ${url}`, operation]),
    );

  beforeAll(async () => {
    server = await ServerProcess.start();
    served = (await (await server.get('/openapi.json')).json()) as OpenApiDocument;
  });
  afterAll(() => server.stop());

  it('is docs/openapi.json: run `npm run docs:openapi` and commit it when this fails', () => {
    expect(served).toEqual(committed);
  });

  it('has a page that shows it, which whoever comes again need not load again', async () => {
    const page = await server.get('/docs/');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    const script = '/docs/static/swagger-ui-bundle.js';
    const [first, other] = await Promise.all([server.get(script), server.get(script)]);
    expect([first.status, other.status]).toEqual([200, 200]);
    const etag = first.headers.get('etag')!;
    const again = await fetch(server.url + script, { headers: { 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect((await fetch(`${server.url}/docs/`, { method: 'HEAD' })).status).toBe(200);
  });

  it('knows nothing else below its page, and says so as every route does', async () => {
    const response = await server.get('/docs/static/../../package.json');
    const unknown = await server.get('/docs/static/unknown.js');
    expect([response.status, unknown.status]).toEqual([404, 404]);
    expect(await unknown.json()).toMatchObject({ error: { code: 'not_found' } });
  });

  it.each([
    '/docs/../livez',
    '/docs/%2e%2e/metrics',
    '/docs/static/../../v1/models',
    '/docs/../docs',
    '/docs/..%2flivez',
  ])('leads nowhere else from its page: %s', async (path) => {
    // As it stands: fetch would resolve it first.
    const status = await new Promise((resolve, reject) => {
      get({ port: server.port, path }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
    expect(status).toBe(404);
  });

  it('says of each operation what it is for, and what it answers when it cannot do it', () => {
    expect(operations().length).toBeGreaterThan(0);
    for (const [name, { summary, tags, responses, security }] of operations()) {
      expect([name, summary]).toEqual([name, expect.stringMatching(/.{10}/)]);
      expect([name, tags]).toEqual([name, [expect.any(String)]]);
      // What is open to everybody asks for nothing, and has nothing to refuse but to be not ready.
      const expected = security ? ['200'] : ['4XX', '5XX'];
      expect([name, Object.keys(responses)]).toEqual([name, expect.arrayContaining(expected)]);
    }
  });

  it('has its operations, and no others', async () => {
    for (const [url, methods] of Object.entries(served.paths).filter(([path]) => !path.includes('{'))) {
      const response = await fetch(server.url + url, { method: 'DELETE' });
      expect([url, response.status]).toEqual([url, 405]);
      const allowed = response.headers.get('allow')!.split(', ');
      expect([url, allowed.filter((method) => method !== 'HEAD')]).toEqual([
        url,
        Object.keys(methods).map((method) => method.toUpperCase()),
      ]);
    }
  });

  it('is shown by a page', async () => {
    const response = await server.get('/docs/');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
  });
});
