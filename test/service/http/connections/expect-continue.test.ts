import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import fastify from 'fastify';
import { expectContinue } from '../../../../service/src/http/connections/expect-continue';
import { errorHandling } from '../../../../service/src/http/errors/error-handling';
import { head, RawConnection } from '../../../support/raw-connection';

describe('expectContinue', () => {
  const app = fastify();
  let port: number;
  beforeAll(async () => {
    app.register(errorHandling);
    app.register(expectContinue);
    app.after(() => {
      app.addContentTypeParser('audio/wav', (_request, _body, read) => {
        read(null);
      });
      const collect = async (body: AsyncIterable<unknown>): Promise<string> => {
        let text = '';
        for await (const chunk of body) text += String(chunk);
        return text;
      };
      app.post('/iterated', ({ raw }) => collect(raw));
      app.post('/piped', ({ raw }: { raw: IncomingMessage }) => collect(raw.pipe(new PassThrough())));
      app.post('/parsed', ({ body }) => body);
      app.post('/unread', (_request, reply) => reply.code(200).send('unread'));
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    ({ port } = app.server.address() as AddressInfo);
  });
  afterAll(() => app.close());

  const expecting = (path: string, type: string, expect = '100-continue'): string =>
    head(`POST ${path}`, { expect, 'content-type': type, 'content-length': 5 });

  it.each([
    ['/iterated', 'audio/wav'],
    ['/piped', 'audio/wav'],
    ['/parsed', 'text/plain'],
  ])('asks for the body once when it is read (%s)', async (path, type) => {
    const connection = await RawConnection.open(port);
    connection.send(expecting(path, type));
    await connection.until(() => connection.received !== '', 'the request for the body');
    expect(connection.received).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    connection.send('hello');
    await connection.until(() => connection.received.endsWith('hello'), 'the answer');
    expect(connection.statuses).toEqual([100, 200]);
    expect(connection.received).not.toMatch(/^connection: close/im);
    connection.close();
  });

  it('does not ask for a body that nobody reads, and closes the connection', async () => {
    const connection = await RawConnection.answerTo(port, expecting('/unread', 'audio/wav'));
    expect(connection.statuses).toEqual([200]);
    expect(connection.received).toMatch(/^connection: close\r$/im);
  });

  it('refuses an expectation that it cannot meet, and closes the connection', async () => {
    const connection = await RawConnection.answerTo(port, expecting('/parsed', 'text/plain', '200-"ok"'));
    expect(connection.statuses).toEqual([417]);
    expect(connection.errorCode).toBe('expectation_failed');
  });

  it('leaves requests without an expectation as they are', async () => {
    const response = await fetch(`http://127.0.0.1:${port}/parsed`, { method: 'POST', body: 'hello' });
    expect(await response.text()).toBe('hello');
  });
});
