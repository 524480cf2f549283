import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import fastify, { type FastifyInstance } from 'fastify';
import { ConnectionTracker } from '../../../../service/src/http/connections/connection-tracker';
import { connections } from '../../../../service/src/http/connections/connections';
import { readDeadlines, type ReadDeadlinesOptions } from '../../../../service/src/http/connections/read-deadlines';
import { errorHandling } from '../../../../service/src/http/errors/error-handling';
import { answerProtocolError } from '../../../../service/src/http/errors/protocol-error';
import { head, RawConnection } from '../../../support/raw-connection';

const LOOK_MS = 50;
const DEADLINE_MS = 300;
/** Longer than a deadline and some looks. */
const LONG_MS = 1_000;
const LARGE_ANSWER_BYTES = 64 * 2 ** 20;

describe('readDeadlines', () => {
  let app: FastifyInstance;
  let tracker: ConnectionTracker;
  let port: number;
  const open: RawConnection[] = [];
  const errors: unknown[] = [];

  /** Bodies are read by the handlers. */
  async function start(options: Partial<ReadDeadlinesOptions>): Promise<void> {
    app = fastify({ clientErrorHandler: answerProtocolError });
    tracker = new ConnectionTracker(app.server);
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _body, read) => {
      read(null);
    });
    app.register(errorHandling);
    app.register(readDeadlines, { tracker, firstRequestMs: 60_000, lookMs: LOOK_MS, ...options });
    app.after(() => {
      app.get('/', () => ({ ok: true }));
      app.get('/large', () => Buffer.alloc(LARGE_ANSWER_BYTES));
      app.post('/refused', (_request, reply) => reply.code(400).send({ refused: true }));
      app.post('/read', async ({ raw }) => ({ bytes: await bytesOf(raw) }));
      app.post('/paused', async ({ raw }) => {
        let bytes = 0;
        for await (const chunk of raw) {
          if (bytes === 0) await sleep(LONG_MS);
          bytes += (chunk as Buffer).length;
        }
        return { bytes };
      });
      app.post('/late', async ({ raw }) => {
        await sleep(LONG_MS);
        return { bytes: await bytesOf(raw) };
      });
    });
    app.addHook('onError', (_request, _reply, error, next) => {
      errors.push(error);
      next();
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    ({ port } = app.server.address() as AddressInfo);
  }
  async function connect(): Promise<RawConnection> {
    const connection = await RawConnection.open(port);
    open.push(connection);
    return connection;
  }
  async function bytesOf(body: IncomingMessage): Promise<number> {
    let bytes = 0;
    for await (const chunk of body) bytes += (chunk as Buffer).length;
    return bytes;
  }
  const answered = (connection: RawConnection): Promise<void> =>
    connection.until(() => connection.received.includes('}'), 'an answer');

  afterEach(async () => {
    for (const connection of open.splice(0)) connection.close();
    await app.close();
  });

  it('closes a connection that never has a request, without a word', async () => {
    await start({ firstRequestMs: DEADLINE_MS });
    const connection = await connect();
    await connection.untilEnded();
    expect(connection.received).toBe('');
  });

  it('leaves one alone that has had requests, also with an empty line behind one', async () => {
    await start({ firstRequestMs: DEADLINE_MS, headMs: DEADLINE_MS });
    const connection = await connect();
    connection.send(head('GET /') + '\r\n');
    await answered(connection);
    await sleep(LONG_MS);
    expect(connection.end).toBe('open');
    connection.received = '';
    connection.send(head('GET /'));
    await answered(connection);
  });

  it('answers a head that does not come to its end with 408', async () => {
    await start({ headMs: DEADLINE_MS });
    const connection = await connect();
    connection.send('GET / HTTP/1.1\r\nhost:');
    await connection.untilEnded();
    expect(connection.statuses).toEqual([408]);
    expect(connection.errorCode).toBe('headers_timeout');
  });

  it('forgets a connection after a last word, whether or not the client closes its side', async () => {
    await start({ headMs: DEADLINE_MS });
    const connection = await connect();
    connection.send('nonsense\r\n\r\n');
    await connection.until(() => connection.end !== 'open', 'the server to say goodbye');
    // The client's side stays open.
    await connection.until(() => tracker.size === 0, 'the connection to be forgotten');
  });

  it('answers a body that trickles with 408, and lets go of what waits for it', async () => {
    await start({ bodyWindowMs: DEADLINE_MS });
    const connection = await connect();
    connection.send(head('POST /read', { 'content-length': 1_000, 'content-type': 'audio/wav' }) + 'RIFF');
    await connection.untilEnded();
    expect(connection.statuses).toEqual([408]);
    expect(connection.errorCode).toBe('body_timeout');
    await connection.until(() => tracker.size === 0, 'the connection to be forgotten');
  });

  it('lets a body pass that keeps the least rate', async () => {
    await start({ bodyWindowMs: DEADLINE_MS });
    const connection = await connect();
    connection.send(head('POST /read', { 'content-length': 3_000, 'content-type': 'audio/wav' }));
    for (let sent = 0; sent < 3_000; sent += 100) {
      connection.send(Buffer.alloc(100));
      await sleep(50);
    }
    await answered(connection);
    expect(connection.received).toContain('{"bytes":3000}');
  });

  it.each(['/late', '/paused'])(
    'does not blame the client for a body that the server is slow to read (%s)',
    async (path) => {
      await start({ bodyWindowMs: DEADLINE_MS });
      const connection = await connect();
      const length = 5_000_000;
      connection.send(head(`POST ${path}`, { 'content-length': length, 'content-type': 'audio/wav' }));
      connection.send(Buffer.alloc(length));
      await answered(connection);
      expect(connection.received).toContain(`{"bytes":${length}}`);
    },
  );

  it('cuts a body that was refused and still trickles', async () => {
    await start({ headMs: DEADLINE_MS });
    const connection = await connect();
    connection.send(head('POST /refused', { 'content-length': 1_000, 'content-type': 'audio/wav' }) + 'RIFF');
    await connection.untilEnded();
    expect(connection.statuses).toEqual([400]);
  });

  it('keeps the connection where a refused body comes to its end', async () => {
    await start({ headMs: DEADLINE_MS });
    const connection = await connect();
    connection.send(head('POST /refused', { 'content-length': 1_000, 'content-type': 'audio/wav' }) + 'RIFF');
    await answered(connection);
    connection.send(Buffer.alloc(996));
    await sleep(LONG_MS);
    expect(connection.end).toBe('open');
    connection.received = '';
    connection.send(head('GET /'));
    await answered(connection);
  });

  it('cuts a client that does not take its answer', async () => {
    await start({ answerMs: DEADLINE_MS });
    const connection = await connect();
    connection.socket.pause();
    connection.send(head('GET /large'));
    await connection.until(() => tracker.busy === 1, 'the answer to begin');
    await connection.until(() => tracker.size === 0, 'the connection to be cut');
  });

  it('refuses deadlines that are none', async () => {
    app = fastify();
    app.register(readDeadlines, { tracker: new ConnectionTracker(app.server), firstRequestMs: 0 });
    await expect(app.ready()).rejects.toThrow('firstRequestMs: got 0, expected a time in ms above 0');
  });
});

describe('connections that speak another protocol', () => {
  it('are left alone from the upgrade on', async () => {
    const app = fastify();
    app.register(connections, { headMs: DEADLINE_MS, firstRequestMs: DEADLINE_MS, lookMs: LOOK_MS });
    let upgraded: Duplex | undefined;
    app.server.on('upgrade', (_message: IncomingMessage, socket: Duplex) => {
      upgraded = socket.resume();
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n');
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const connection = await RawConnection.open((app.server.address() as AddressInfo).port);
    connection.send(head('GET /', { connection: 'upgrade', upgrade: 'echo' }));
    await connection.until(() => connection.statuses.includes(101), 'the upgrade');
    connection.send('a frame');
    await sleep(LONG_MS);
    expect(connection.end).toBe('open');
    connection.close();
    upgraded?.destroy();
    await app.close();
  });
});
