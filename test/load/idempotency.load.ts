import { METRICS } from '../../lib/metrics';
import { LoadClient } from '../../service/bench/load/load-client';
import { formRequest, withHeaders, type LoadRequest } from '../../service/bench/load/load-request';
import { sample } from '../support/nano';
import { untilIdle } from '../support/processes';
import { scrape } from '../support/scrape';
import { ServerProcess } from '../support/server-process';

const PATH = '/v1/audio/transcriptions';
const LONG = upload('long-en.wav');

function upload(name: string): LoadRequest {
  return formRequest(PATH, { name, bytes: sample(name).bytes }, { language: 'en' });
}

function withKey(request: LoadRequest, key: string): LoadRequest {
  return withHeaders(request, { 'idempotency-key': key });
}

describe('an upload that is sent again under its idempotency key', () => {
  let server: ServerProcess;
  let client: LoadClient;
  /** What the upload takes, and what it says. */
  let windows: number;
  let text: string;
  beforeAll(async () => {
    server = await ServerProcess.start();
    client = new LoadClient(server.port);
    text = textOf(await client.send(LONG));
    windows = await windowsSoFar();
  }, 60_000);
  afterAll(async () => {
    client.close();
    await server.stop();
  });

  function textOf({ status, body }: { readonly status: number; readonly body: string }): string {
    if (status !== 200) throw new Error(`answered with ${status} ${body}`);
    return (JSON.parse(body) as { text: string }).text;
  }
  /** Counted when requests have ended, which the last answer's client may know before the metrics do. */
  async function windowsSoFar(): Promise<number> {
    await untilIdle(server.enginePid);
    return scrape(server, METRICS.windows);
  }
  const isIn = (requests: number): Promise<void> =>
    server.until(async () => (await scrape(server, METRICS.inFlight)) === requests, `${requests} requests to be in`);

  it('while the first is in flight, is decoded once and answered twice', async () => {
    const before = await windowsSoFar();
    const first = client.send(withKey(LONG, 'in flight'));
    await isIn(1);
    const second = client.send(withKey(LONG, 'in flight'));
    const answers = await Promise.all([first, second]);
    expect(answers.map(textOf)).toEqual([text, text]);
    expect((await windowsSoFar()) - before).toBe(windows);
  });

  it('after the first was answered, gets the same answer without being decoded', async () => {
    const first = await client.send(withKey(LONG, 'after'));
    const before = await windowsSoFar();
    const second = await client.send(withKey(LONG, 'after'));
    expect(second.body).toBe(first.body);
    expect(await windowsSoFar()).toBe(before);
  });

  it('is refused with 422 when it is another upload', async () => {
    await client.send(withKey(upload('en-02.wav'), 'another'));
    const { status, body } = await client.send(withKey(upload('en-03.wav'), 'another'));
    expect(status).toBe(422);
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'idempotency_key_reused' } });
  });

  it('is served when the first client goes while both wait', async () => {
    const before = await windowsSoFar();
    const gone = client.sendAndLeave(withKey(LONG, 'gone'), { afterMs: 500 });
    await isIn(1);
    const received = await scrape(server, METRICS.requests);
    const retry = client.send(withKey(LONG, 'gone'));
    // It takes no place of its own: it waits for the work of the first.
    const hasCome = server.until(async () => (await scrape(server, METRICS.requests)) > received, 'the retry to come');
    await Promise.all([gone, hasCome]);
    expect(textOf(await retry)).toBe(text);
    expect((await windowsSoFar()) - before).toBeLessThanOrEqual(2 * windows);
  });

  it('is served when the first client has gone before it comes', async () => {
    await client.sendAndLeave(withKey(LONG, 'gone before'), { afterMs: 300 });
    await isIn(0);
    expect(textOf(await client.send(withKey(LONG, 'gone before')))).toBe(text);
  });
});
