import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { LoadClient, type LoadAnswer } from '../../service/bench/load/load-client';
import { formRequest } from '../../service/bench/load/load-request';
import { METRICS } from '../../lib/metrics';
import { sample } from '../support/nano';
import { cpuSeconds, untilIdle } from '../support/processes';
import { PrometheusText } from '../support/prometheus-text';
import { head, RawConnection } from '../support/raw-connection';
import { ServerProcess } from '../support/server-process';

const PATH = '/v1/audio/transcriptions';
const SHORT = formRequest(PATH, { name: 'en-02.wav', bytes: sample('en-02.wav').bytes });
const LONG = { name: 'long-en.wav', bytes: sample('long-en.wav').bytes };
const CLIENTS = 8;
/** Their answers are more than sockets hold. */
const UNREAD_REQUESTS = 2_000;

async function inFlight(server: ServerProcess): Promise<number> {
  return new PrometheusText(await (await server.get('/metrics')).text()).value(METRICS.inFlight.name)!;
}

/** So many requests that are in, each on a connection that its client wants to keep. */
async function beginWork(server: ServerProcess, client: LoadClient, file = SHORT): Promise<Promise<LoadAnswer>[]> {
  const answers = Array.from({ length: CLIENTS }, () => client.send(file));
  // Whoever looks at them later is not to miss an early failure.
  for (const answer of answers) answer.catch(() => undefined);
  await server.until(async () => (await inFlight(server)) === CLIENTS, 'all requests to be in');
  return answers;
}

describe('a server that is told to stop under load', () => {
  it('is not ready at once, closes connections by its answers, answers what it has accepted, and exits with 0', async () => {
    const server = await ServerProcess.start({ STT_DRAIN_DELAY_SECONDS: '2' });
    const client = new LoadClient(server.port);
    const accepted = await beginWork(server, client);
    server.child.kill('SIGTERM');
    await server.until(() => server.find('draining') !== undefined, 'the drain to begin');
    expect((await server.get('/readyz')).status).toBe(503);
    expect((await server.get('/livez')).status).toBe(200);
    // As long as endpoints are withdrawn, requests still come.
    const late = await client.send(SHORT);
    const answers = [...(await Promise.all(accepted)), late];
    expect(late.headers.connection).toBe('close');
    for (const { status, body } of answers) {
      expect({ status, text: (JSON.parse(body) as { text: string }).text }).toEqual({
        status: 200,
        text: sample('en-02.wav').text,
      });
    }
    expect(answers.at(-1)!.headers.connection).toBe('close');
    expect(await server.exit).toEqual({ code: 0, signal: null });
    expect(server.find('stopped')).toMatchObject({ requestsCut: 0 });
    client.close();
  }, 60_000);

  it('waits for an answer that has begun, and no longer', async () => {
    const server = await ServerProcess.start();
    const agent = new Agent({ keepAlive: true });
    const { path, headers, body } = formRequest(PATH, LONG, { stream: 'true' });
    const asked = httpRequest({ host: '127.0.0.1', port: server.port, path, method: 'POST', agent, headers });
    asked.end(body);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    server.child.kill('SIGTERM');
    let events = '';
    for await (const chunk of answer) events += String(chunk);
    const endedAt = performance.now();
    expect(events).toContain('[DONE]');
    expect(await server.exit).toEqual({ code: 0, signal: null });
    // The client would keep the connection, and the server did for 95 s before.
    expect(performance.now() - endedAt).toBeLessThan(5_000);
    agent.destroy();
  }, 90_000);

  it('ends at once with 1 at a second signal, and says how many requests it cut off', async () => {
    const server = await ServerProcess.start();
    const client = new LoadClient(server.port);
    const answers = await beginWork(server, client, formRequest(PATH, LONG));
    server.child.kill('SIGTERM');
    await server.until(() => server.find('draining') !== undefined, 'the drain to begin');
    server.child.kill('SIGINT');
    expect(await server.exit).toEqual({ code: 1, signal: null });
    const cut = (await Promise.allSettled(answers)).filter(({ status }) => status === 'rejected').length;
    expect(cut).toBeGreaterThan(0);
    expect(server.find('second signal: ending without waiting for requests in flight')).toMatchObject({
      signal: 'SIGINT',
      requestsCut: cut,
    });
    client.close();
  }, 60_000);

  it('ends with 1 when its time is up, whoever holds it up', async () => {
    const server = await ServerProcess.start({ STT_REQUEST_TIMEOUT_SECONDS: '1' });
    const connection = await RawConnection.open(server.port);
    const workedBefore = await untilIdle(server.child.pid!);
    // A client that asks and asks and reads no answer.
    connection.socket.pause();
    connection.send(head('GET /openapi.json').repeat(UNREAD_REQUESTS));
    // It has written what the sockets hold, and waits.
    await server.until(async () => (await cpuSeconds(server.child.pid!)) > workedBefore, 'the server to answer');
    await untilIdle(server.child.pid!);
    server.child.kill('SIGTERM');
    expect(await server.exit).toEqual({ code: 1, signal: null });
    expect(server.find('requests in flight did not end in time: cutting them off')).toMatchObject({ requestsCut: 0 });
    connection.close();
  }, 60_000);
});
