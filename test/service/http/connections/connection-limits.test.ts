import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import fastify, { type FastifyInstance } from 'fastify';
import { connectionLimits, connectionsFor } from '../../../../service/src/http/connections/connection-limits';
import { ConnectionTracker } from '../../../../service/src/http/connections/connection-tracker';
import { errorHandling } from '../../../../service/src/http/errors/error-handling';
import { head, RawConnection } from '../../../support/raw-connection';

const KEPT = 5;
const RESERVED = 2;

describe('connectionLimits', () => {
  let app: FastifyInstance;
  let tracker: ConnectionTracker;
  let port: number;
  let release: () => void;
  const open: RawConnection[] = [];

  beforeEach(async () => {
    app = fastify();
    tracker = new ConnectionTracker(app.server);
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    app.register(errorHandling);
    app.register(connectionLimits, { tracker, maxConnections: KEPT, reservedConnections: RESERVED });
    app.after(() => {
      app.get('/livez', () => ({ alive: true }));
      app.get('/v1/models', () => ({ models: true }));
      app.get('/held', async () => {
        await held;
        return { released: true };
      });
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    ({ port } = app.server.address() as AddressInfo);
  });
  afterEach(async () => {
    release();
    for (const connection of open.splice(0)) connection.close();
    await app.close();
  });

  async function connect(request?: string): Promise<RawConnection> {
    const connection = await RawConnection.open(port);
    open.push(connection);
    if (request !== undefined) connection.send(head(`GET ${request}`));
    return connection;
  }
  async function served(): Promise<RawConnection> {
    const connection = await connect('/livez');
    await connection.until(() => connection.received.includes('alive'), 'an answer');
    return connection;
  }
  async function hold(count: number): Promise<readonly RawConnection[]> {
    const held: RawConnection[] = [];
    for (let begun = 0; begun < count; begun++) held.push(await connect('/held'));
    await held[0]!.until(() => tracker.busy === count, 'the requests to be in flight');
    return held;
  }

  it('closes what has said nothing for a second before what was served', async () => {
    const servants = [await served(), await served(), await served()];
    const silent = [await connect(), await connect()];
    await silent[0]!.until(() => tracker.size === KEPT, 'the limit to be reached');
    await sleep(1_100);
    const [young] = [await connect()];
    await silent[0]!.until(() => silent[0]!.end === 'closed', 'the first silent one to be closed');
    await sleep(100);
    expect([...servants, silent[1]!, young].map(({ end }) => end)).toEqual(Array.from({ length: 5 }, () => 'open'));
  });

  it('gives what has just connected its time, in the reserve', async () => {
    const all = await Promise.all(Array.from({ length: KEPT + RESERVED }, () => connect()));
    await all[0]!.until(() => tracker.size === KEPT + RESERVED, 'all to be there');
    for (const connection of all) {
      connection.send(head('GET /livez'));
      await connection.until(() => connection.received.includes('alive'), 'an answer');
    }
  });

  it('closes the one that has waited longest once the reserve is used up', async () => {
    const servants: RawConnection[] = [];
    for (let opened = 0; opened < KEPT + RESERVED; opened++) servants.push(await served());
    // The second has waited longest when the first was used again.
    servants[0]!.received = '';
    servants[0]!.send(head('GET /livez'));
    await servants[0]!.until(() => servants[0]!.received.includes('alive'), 'an answer');
    await served();
    await servants[1]!.until(() => servants[1]!.end === 'closed', 'its end');
    expect(servants[0]!.end).toBe('open');
  });

  it('refuses requests beyond those in flight on all, and answers probes', async () => {
    await hold(KEPT);
    const probe = await served();
    probe.close();
    await probe.until(() => tracker.size === KEPT, 'the probe to be gone');
    const refused = await connect('/v1/models');
    await refused.untilEnded();
    expect(refused.statuses).toEqual([503]);
    expect(refused.received).toMatch(/^retry-after: 1\r$/m);
    expect(refused.errorCode).toBe('overloaded');
  });

  it('takes no connection beyond the reserve while requests are in flight on all', async () => {
    // The reserve cannot be held: requests are refused there.
    const held = await hold(KEPT);
    const reserve = [await connect(), await connect()];
    await reserve[0]!.until(() => tracker.size === KEPT + RESERVED, 'the reserve to be used up');
    const next = await connect('/livez');
    await next.until(() => next.received.includes('alive'), 'a probe to take the place of one that says nothing');
    expect(reserve[0]!.end).toBe('closed');
    expect(held.every(({ end }) => end === 'open')).toBe(true);
    expect(tracker.size).toBeLessThanOrEqual(KEPT + RESERVED);
  });

  it('serves again when requests have ended', async () => {
    const held = await hold(KEPT);
    release();
    for (const connection of held) {
      await connection.until(() => connection.received.includes('released'), 'its answer');
    }
    const next = await connect('/v1/models');
    await next.until(() => next.received.includes('models'), 'an answer');
  });

  it.each([
    [1_048_576, 1_024],
    [Infinity, 1_024],
    [1_024, 832],
    [256, 64],
    [64, 16],
  ])('keeps, of %s files, %s connections', (openFiles, connections) => {
    expect(connectionsFor(openFiles)).toBe(connections);
  });

  it('refuses limits that are none', async () => {
    const faulty = fastify();
    faulty.register(connectionLimits, { tracker: new ConnectionTracker(faulty.server), maxConnections: 0 });
    await expect(faulty.ready()).rejects.toThrow('maxConnections: got 0, expected a whole number from 1 on');
  });
});
