import { setTimeout as sleep } from 'node:timers/promises';
import { METRICS } from '../../../lib/metrics';
import { sample } from '../../support/nano';
import { OtherClients } from '../../support/other-clients';
import { head, part, RawConnection, uploadHead } from '../../support/raw-connection';
import { scrape } from '../../support/scrape';
import { ServerProcess } from '../../support/server-process';

/** The server's bounds, in ms, with the second between two of its looks, and what a busy machine adds. */
const HEAD_MS = { least: 10_000, most: 16_000 };
/** A body is looked at in windows of 10 s: what stops just after one began is cut at the end of the next. */
const BODY_MS = { least: 10_000, most: 26_000 };

const PART = part('name="file"; filename="a.wav"', sample('en-02.wav').bytes);

/** Sends one byte after the other, with a pause in between, until the server has ended the connection. */
async function trickle(connection: RawConnection, bytes: Uint8Array, pauseMs: number): Promise<void> {
  for (const byte of bytes) {
    if (connection.end !== 'open') return;
    connection.send(Uint8Array.of(byte));
    await sleep(pauseMs);
  }
}

interface Ended {
  readonly connection: RawConnection;
  readonly afterMs: number;
}

/** Does something slow on a new connection; tells what came back, and when the end. */
async function slowly(server: ServerProcess, deed: (connection: RawConnection) => Promise<void>): Promise<Ended> {
  const connection = await RawConnection.open(server.port);
  const started = performance.now();
  const doing = deed(connection);
  await connection.untilEnded(40_000);
  const afterMs = performance.now() - started;
  await doing;
  return { connection, afterMs };
}

describe('slow clients', () => {
  let server: ServerProcess;
  let others: OtherClients;
  /** All at once: each takes its time. */
  let ended: Readonly<
    Record<'slowHead' | 'stoppedHead' | 'slowBody' | 'stoppedBody' | 'refusedBody' | 'slowSecond', Promise<Ended>>
  >;
  let patient: Promise<RawConnection>;

  beforeAll(async () => {
    server = await ServerProcess.start();
    others = new OtherClients(server);
    ended = {
      slowHead: slowly(server, (connection) =>
        trickle(connection, Buffer.from(head('GET /livez', { x: 'a'.repeat(500) })), 500),
      ),
      stoppedHead: slowly(server, async (connection) => {
        connection.send('GET /livez HT');
        return Promise.resolve();
      }),
      slowSecond: slowly(server, async (connection) => {
        connection.send(head('GET /livez'));
        await connection.until(() => connection.received.includes('alive'), 'the first answer');
        connection.received = '';
        connection.send('GET /rea');
      }),
      slowBody: slowly(server, (connection) => {
        connection.send(uploadHead({ 'content-length': PART.length + 1_000_000 }));
        return trickle(connection, PART, 20);
      }),
      stoppedBody: slowly(server, async (connection) => {
        connection.send(uploadHead({ 'transfer-encoding': 'chunked' }));
        connection.send(`${PART.length.toString(16)}\r\n`);
        connection.send(PART);
        return Promise.resolve();
      }),
      refusedBody: slowly(server, async (connection) => {
        connection.send(head('POST /nowhere', { 'content-length': 1_000_000 }));
        await trickle(connection, PART, 100);
      }),
    };
    patient = (async () => {
      // A form that takes longer than any window, at four times the least rate: audio as it is recorded.
      const connection = await RawConnection.open(server.port);
      const body = Buffer.concat([PART.subarray(0, 12_000)]);
      connection.send(uploadHead({ 'content-length': body.length }));
      for (let at = 0; at < body.length; at += 500) {
        connection.send(body.subarray(at, at + 500));
        await sleep(500);
      }
      await connection.until(() => connection.received.includes('}'), 'an answer');
      return connection;
    })();
    // Awaited by their tests; a failure before is not one that nobody handles.
    for (const each of [...Object.values(ended), patient]) each.catch(() => undefined);
  });
  afterAll(() => server.stop());

  it.each(['slowHead', 'stoppedHead', 'slowSecond'] as const)(
    'are answered with 408 and cut when a head takes too long (%s)',
    async (which) => {
      const { connection, afterMs } = await ended[which];
      expect({ statuses: connection.statuses, code: connection.errorCode }).toEqual({
        statuses: [408],
        code: 'headers_timeout',
      });
      expect(afterMs).toBeGreaterThan(HEAD_MS.least);
      expect(afterMs).toBeLessThan(HEAD_MS.most);
    },
    60_000,
  );

  it.each(['slowBody', 'stoppedBody'] as const)(
    'are answered with 408 and cut when a body trickles (%s)',
    async (which) => {
      const { connection, afterMs } = await ended[which];
      expect({ statuses: connection.statuses, code: connection.errorCode }).toEqual({
        statuses: [408],
        code: 'body_timeout',
      });
      expect(afterMs).toBeGreaterThan(BODY_MS.least);
      expect(afterMs).toBeLessThan(BODY_MS.most);
    },
    60_000,
  );

  it('cannot hold a connection by a body that was refused', async () => {
    const { connection, afterMs } = await ended.refusedBody;
    expect(connection.statuses).toEqual([404]);
    expect(afterMs).toBeLessThan(HEAD_MS.most);
  }, 60_000);

  it('are served as long as they are not too slow', async () => {
    expect((await patient).statuses).toEqual([400]); // a form that breaks off, read to its end
    expect((await patient).errorCode).toBe('invalid_multipart');
  }, 60_000);

  it('leave a line in the log each, with what became of them', async () => {
    await Promise.all(Object.values(ended));
    const finished = (outcome: string): readonly unknown[] =>
      server.log
        .filter((line) => line.msg === 'request finished' && line.outcome === outcome)
        .map(({ status }) => status);
    expect(finished('body_timeout')).toEqual([408, 408]);
    expect(finished('invalid_multipart')).toEqual([400]);
    expect(server.log.filter(({ code }) => code === 'headers_timeout')).toHaveLength(3);
    expect(await scrape(server, METRICS.finished, { outcome: 'body_timeout' })).toBe(2);
    expect(await scrape(server, METRICS.httpErrors, { code: 'headers_timeout' })).toBe(3);
  }, 60_000);

  it('leave no fault in the log', () => {
    expect(server.log.filter(({ level }) => (level as number) >= 50)).toEqual([]);
  });

  it('do not disturb others', async () => {
    const { transcriptions, probes } = await others.stop();
    expect(transcriptions).toBeGreaterThan(0);
    expect(probes).toBeGreaterThan(10);
  });
});
