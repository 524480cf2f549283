import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { METRICS } from '../../lib/metrics';
import { measureFairness, type FairnessFigures } from '../../service/bench/load/fairness';
import { LoadClient } from '../../service/bench/load/load-client';
import { formRequest, withHeaders, type LoadRequest } from '../../service/bench/load/load-request';
import { sample } from '../support/nano';
import { scrape } from '../support/scrape';
import { ServerProcess } from '../support/server-process';

const KEYS = { flooder: 'key-of-the-flooder', occasional: 'key-of-the-occasional-one' };
const PATH = '/v1/audio/transcriptions';
const SHORT = formRequest(PATH, { name: 'en-02.wav', bytes: sample('en-02.wav').bytes }, { language: 'en' });
/** Twenty sentences, a window each. */
const LONG = formRequest(PATH, { name: 'long-en.wav', bytes: sample('long-en.wav').bytes }, { language: 'en' });
const FLOOD = 48;
const LONG_FILES = 4;
const TIMES = 20;
/** Of the latency that is promised: unloaded, and one window. In the order of arrival it would be that of the flood. */
const LOOSENESS = 5;

function as(key: keyof typeof KEYS, request: LoadRequest): LoadRequest {
  return withHeaders(request, { authorization: `Bearer ${KEYS[key]}` });
}

describe('those who share a server', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fairness-'));
  const keysFile = path.join(folder, 'keys');
  let server: ServerProcess;
  let client: LoadClient;

  beforeAll(() => {
    writeFileSync(
      keysFile,
      Object.entries(KEYS)
        .map((line) => `${line.join(' ')}\n`)
        .join(''),
    );
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  afterEach(async () => {
    client.close();
    await server.stop();
  });

  async function start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    server = await ServerProcess.start({ STT_API_KEYS_FILE: keysFile, ...environment });
    client = new LoadClient(server.port);
  }
  const isIn = (requests: number) => () =>
    server.until(async () => (await scrape(server, METRICS.inFlight)) >= requests, `${requests} requests to be in`);
  const say = (what: string, { unloadedP95, besideMedian, besideP95, othersAnswered }: FairnessFigures): void => {
    console.log(
      `${what}: p95 ${unloadedP95.toFixed(0)} ms alone, ${besideP95.toFixed(0)} ms (median ${besideMedian.toFixed(0)} ms) ` +
        `beside ${othersAnswered} others that were answered`,
    );
  };

  it('do not wait for one that floods it', async () => {
    await start();
    const figures = await measureFairness(client, as('occasional', SHORT), TIMES, {
      request: as('flooder', SHORT),
      concurrency: FLOOD,
      isIn: isIn(FLOOD / 2),
    });
    say(`beside a key that has ${FLOOD} requests in`, figures);
    expect(figures.othersAnswered).toBeGreaterThan(0);
    // One window is what an unloaded request takes.
    expect(figures.besideP95).toBeLessThan(LOOSENESS * 2 * figures.unloadedP95);
  });

  it('do not wait for long files of their own', async () => {
    await start({ STT_REQUEST_TIMEOUT_SECONDS: '120' });
    const figures = await measureFairness(client, as('occasional', SHORT), TIMES, {
      request: as('occasional', LONG),
      concurrency: LONG_FILES,
      isIn: isIn(LONG_FILES),
    });
    say(`beside ${LONG_FILES} long files of the same key`, figures);
    expect(figures.besideP95).toBeLessThan(LOOSENESS * 2 * figures.unloadedP95);
  });

  it('are refused with 429 and a time to come back when they have as many requests in as one may', async () => {
    const most = 3;
    await start({ STT_MAX_REQUESTS_PER_CALLER: String(most) });
    const floods = await Promise.all(Array.from({ length: 8 }, () => client.send(as('flooder', SHORT))));
    const served = floods.filter(({ status }) => status === 200);
    const refused = floods.filter(({ status }) => status === 429);
    expect(served.length).toBeGreaterThanOrEqual(most);
    expect(refused.length).toBeGreaterThan(0);
    expect(served.length + refused.length).toBe(floods.length);
    for (const { headers, body } of refused) {
      expect(JSON.parse(body)).toMatchObject({ error: { code: 'rate_limit_exceeded', type: 'rate_limit_error' } });
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(Number(headers['retry-after-ms'])).toBeGreaterThan(0);
    }
    // Its own limit is nobody else's.
    expect((await client.send(as('occasional', SHORT))).status).toBe(200);
  });
});
