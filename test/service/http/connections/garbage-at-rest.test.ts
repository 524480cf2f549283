import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { garbageAtRest } from '../../../../service/src/http/connections/garbage-at-rest';

const REST_MS = 1_000;
/** Of the clock the plugin's timer alone is fake: sockets go on. */
const REAL = ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const;

describe('garbageAtRest', () => {
  let app: FastifyInstance;
  let collections: number;
  let release: () => void;
  let closed: Promise<unknown>[];

  beforeEach(async () => {
    collections = 0;
    closed = [];
    app = fastify({ forceCloseConnections: true });
    app.addHook('onRequest', (_request, reply, next) => {
      closed.push(once(reply.raw, 'close'));
      next();
    });
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await app.register(garbageAtRest, { restMs: REST_MS, collect: () => collections++ });
    app.get('/livez', () => ({ alive: true }));
    app.get('/work', () => ({ done: true }));
    app.get('/held', async () => {
      await held;
      return { released: true };
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    jest.useFakeTimers({ doNotFake: [...REAL] });
  });
  afterEach(async () => {
    jest.useRealTimers();
    await app.close();
  });

  /** Resolves when the server has closed its answer. */
  const ask = async (path: string): Promise<void> => {
    const { port } = app.server.address() as AddressInfo;
    const [response] = (await once(get({ port, path, agent: false }), 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    await Promise.all(closed.splice(0));
  };

  test('collects once, a while after the last request', async () => {
    await ask('/work');
    jest.advanceTimersByTime(REST_MS - 1);
    await ask('/work');
    jest.advanceTimersByTime(REST_MS - 1);
    expect(collections).toBe(0);
    jest.advanceTimersByTime(1);
    expect(collections).toBe(1);
    jest.advanceTimersByTime(10 * REST_MS);
    expect(collections).toBe(1);
  });

  test('does not while a request is in flight', async () => {
    const asked = get({ port: (app.server.address() as AddressInfo).port, path: '/held', agent: false });
    while (closed.length === 0) await new Promise(setImmediate);
    const [heldClosed] = closed.splice(0);
    await ask('/work');
    jest.advanceTimersByTime(2 * REST_MS);
    expect(collections).toBe(0);
    release();
    asked.once('response', (response) => response.resume());
    await heldClosed;
    jest.advanceTimersByTime(REST_MS);
    expect(collections).toBe(1);
  });

  test('does not for probes, and probes do not keep it from it', async () => {
    await ask('/livez');
    jest.advanceTimersByTime(2 * REST_MS);
    expect(collections).toBe(0);
    await ask('/work');
    jest.advanceTimersByTime(REST_MS / 2);
    await ask('/livez');
    jest.advanceTimersByTime(REST_MS / 2);
    expect(collections).toBe(1);
  });

  test('does not when the server has closed', async () => {
    await ask('/work');
    await app.close();
    jest.advanceTimersByTime(2 * REST_MS);
    expect(collections).toBe(0);
  });

  test('collects once more when it is told to, unless something is asked', async () => {
    app.collectAtRest();
    expect(collections).toBe(1);
    const asked = ask('/held');
    await once(app.server, 'request');
    app.collectAtRest();
    expect(collections).toBe(1);
    release();
    await asked;
  });
});
