import { setTimeout as sleep } from 'node:timers/promises';
import { sample } from '../../support/nano';
import { OtherClients } from '../../support/other-clients';
import { anonymousBytes, openFiles } from '../../support/processes';
import { head, part, RawConnection, upload, uploadHead } from '../../support/raw-connection';
import { ServerProcess, transcriptionRequest } from '../../support/server-process';

/** Files that the server may have open: a small limit, so that a small flood reaches it. */
const OPEN_FILES = 320;
/** What the server then keeps (connection-limits.ts): OPEN_FILES less 128 of its own and 64 for probes. */
const KEPT = OPEN_FILES - 128 - 64;
const FLOOD = 1_000;
/** Connections opened at once: less than the server keeps, as its queue of them (511) is less than its usual limit. */
const AT_ONCE = 100;

const PART = part('name="file"; filename="a.wav"', sample('en-02.wav').bytes);

/** Opens connections one after the other, and says a thing on each. */
async function flood(server: ServerProcess, count: number, bytes = ''): Promise<readonly RawConnection[]> {
  const connections: RawConnection[] = [];
  for (let opened = 0; opened < count; opened++) {
    const connection = await RawConnection.open(server.port);
    if (bytes !== '') connection.send(bytes);
    connections.push(connection);
  }
  return connections;
}

function close(connections: readonly RawConnection[]): void {
  for (const connection of connections) connection.close();
}

describe('floods of connections', () => {
  let server: ServerProcess;
  let others: OtherClients;
  beforeAll(async () => {
    server = ServerProcess.spawn({}, ['sh', '-c', `ulimit -n ${OPEN_FILES}; exec "$0" "$@"`]);
    await server.untilReady();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    others = new OtherClients(server);
  });
  afterEach(async () => {
    const { transcriptions, probes } = await others.stop();
    expect(transcriptions).toBeGreaterThan(0);
    expect(probes).toBeGreaterThan(0);
  });

  it('that say nothing take the place of each other, not of those that were served', async () => {
    const served = await RawConnection.open(server.port);
    served.send(head('GET /livez'));
    await served.until(() => served.received.includes('alive'), 'an answer');
    // Only what has said nothing for a second is known to have nothing to say.
    const first = await flood(server, KEPT - 30);
    await sleep(1_100);
    const idle = [...first, ...(await flood(server, KEPT))];
    await server.until(
      () => idle.filter(({ end }) => end !== 'open').length >= KEPT - 30,
      'connections to be closed',
      15_000,
    );
    expect(await openFiles(server.child.pid!)).toBeLessThan(OPEN_FILES);
    served.received = '';
    served.send(head('GET /livez'));
    await served.until(() => served.received.includes('alive'), 'another answer on the same connection');
    served.close();
    close(idle);
  });

  it('as fast as they can come do not use up its files', async () => {
    const idle: RawConnection[] = [];
    while (idle.length < FLOOD) {
      idle.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => RawConnection.open(server.port)))));
    }
    await server.until(() => idle.filter(({ end }) => end !== 'open').length >= FLOOD - KEPT - 64, 'their end');
    expect(await openFiles(server.child.pid!)).toBeLessThan(OPEN_FILES);
    close(idle);
  });

  it('with half a head each do not use up its files', async () => {
    const slow = await flood(server, FLOOD / 2, 'POST /v1/audio/transcriptions HTTP/1.1\r\nhost:');
    await server.until(() => slow.filter(({ end }) => end !== 'open').length >= FLOOD / 2 - KEPT - 64, 'their end');
    expect(await openFiles(server.child.pid!)).toBeLessThan(OPEN_FILES);
    close(slow);
  });

  it('are closed when the client has closed its side, whatever was sent before', async () => {
    for (const bytes of ['', 'GET /li', uploadHead({ 'content-length': 10_000 }), head('GET /livez')]) {
      const connections = await flood(server, 20, bytes);
      for (const { socket } of connections) socket.end();
      await Promise.all(connections.map((connection) => connection.untilEnded()));
    }
  });

  it('that are dropped in the middle of uploads by the hundred leave nothing behind', async () => {
    const pid = server.child.pid!;
    const audio = part('name="file"; filename="a.wav"', Buffer.alloc(300_000));
    const round = async (): Promise<void> => {
      const connections = await flood(server, 150);
      for (const [index, connection] of connections.entries()) {
        connection.send(uploadHead({ 'content-length': audio.length + 100 }));
        connection.send(audio.subarray(0, (audio.length * (index % 10)) / 9));
      }
      for (const { socket } of connections) socket.resetAndDestroy();
    };
    const files = await openFiles(pid);
    // What is freed is given back in time; the first rounds grow the heap to its working size.
    for (let warmUp = 0; warmUp < 2; warmUp++) await round();
    const before = await anonymousBytes(pid);
    for (let again = 0; again < 16; again++) await round();
    await server.until(async () => (await openFiles(pid)) <= files + 8, 'its files to be closed');
    const after = await anonymousBytes(pid);
    console.log(
      `2400 dropped uploads: ${Math.round(before / 2 ** 20)} MiB before, ${Math.round(after / 2 ** 20)} MiB after`,
    );
    // Kept, they would be 150 kB each: 360 MB in all. Garbage that is not collected yet is there, and does not add up.
    expect(after - before).toBeLessThan(120 * 2 ** 20);
  });
});

describe('requests in flight on all connections', () => {
  it('are refused beyond the limit, with a time to come back, and probes are answered', async () => {
    const server = ServerProcess.spawn({}, ['sh', '-c', `ulimit -n ${OPEN_FILES}; exec "$0" "$@"`]);
    try {
      await server.untilReady();
      const uploads = await flood(server, KEPT + 20, uploadHead({ 'content-length': PART.length + 100 }));
      const refused = (): RawConnection | undefined => uploads.find(({ errorCode }) => errorCode === 'overloaded');
      await server.until(() => refused() !== undefined, 'a refusal', 20_000);
      expect(refused()!.statuses).toEqual([503]);
      expect(refused()!.received).toMatch(/^retry-after: 1\r$/m);
      for (const path of ['/livez', '/readyz', '/metrics']) expect((await server.get(path)).status).toBe(200);
      close(uploads);
      await server.until(
        async () => (await transcriptionRequest(server, sample('en-02.wav').bytes)).status === 200,
        'room for the next',
        20_000,
      );
    } finally {
      await server.stop();
    }
  }, 60_000);
});

describe('a flood of requests on one connection', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await ServerProcess.start();
  });
  afterAll(() => server.stop());

  it('is answered in order, and others meanwhile', async () => {
    const others = new OtherClients(server);
    const connection = await RawConnection.open(server.port);
    connection.send(head('GET /livez').repeat(3_000) + head('GET /nowhere'));
    await connection.until(() => connection.received.includes('"not_found"'), 'the last answer');
    expect(connection.statuses.length).toBe(3_001);
    expect(connection.statuses.lastIndexOf(200)).toBe(2_999);
    connection.close();
    expect((await others.stop()).transcriptions).toBeGreaterThan(0);
  });

  it('of uploads is refused where the queue is full, and every answer is one of the two', async () => {
    const connection = await RawConnection.open(server.port);
    const count = 12;
    connection.send(Buffer.concat(Array.from({ length: count }, () => upload([PART]))));
    await connection.until(() => connection.statuses.length === count, 'all answers');
    expect(connection.statuses.every((status) => status === 200 || status === 503)).toBe(true);
    connection.close();
  });
});
