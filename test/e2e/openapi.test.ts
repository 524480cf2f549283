import { readFileSync } from 'node:fs';
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
