import { METRICS } from '../../lib/metrics';
import { LoadClient } from '../../service/bench/load/load-client';
import { formRequest } from '../../service/bench/load/load-request';
import { sample } from '../support/nano';
import { cpuSeconds, untilIdle } from '../support/processes';
import { scrape } from '../support/scrape';
import { ServerProcess } from '../support/server-process';

const PATH = '/v1/audio/transcriptions';
const LONG = formRequest(PATH, { name: 'long-en.wav', bytes: sample('long-en.wav').bytes }, { language: 'en' });
const SHORT = formRequest(PATH, { name: 'en-02.wav', bytes: sample('en-02.wav').bytes }, { language: 'en' });
const STAY_MS = 400;
/** The promise is the next turn of the event loop; this is five times what a scrape takes on a busy machine. */
const FREED_BOUND_MS = 500;
const CLIENTS = 8;

describe('a client that goes before its answer', () => {
  let server: ServerProcess;
  let client: LoadClient;
  beforeEach(async () => {
    // One place beside the one that is worked at, by the one engine process.
    server = await ServerProcess.start({ STT_MAX_QUEUE: '1', STT_ENGINE_PROCESSES: '1' });
    client = new LoadClient(server.port);
  });
  afterEach(async () => {
    client.close();
    await server.stop();
  });
  const inFlight = (): Promise<number> => scrape(server, METRICS.inFlight);

  it('makes room for the next at once', async () => {
    const leaving = [1, 2].map(() => client.sendAndLeave(LONG, { afterMs: STAY_MS }));
    await server.until(async () => (await inFlight()) === 2, 'both places to be taken');
    expect((await client.send(SHORT)).status).toBe(503);
    await Promise.all(leaving);
    const left = performance.now();
    await server.until(async () => (await inFlight()) === 0, 'both places to be free');
    const freedMs = performance.now() - left;
    console.log(`in flight no more ${freedMs.toFixed(0)} ms after the clients had gone`);
    expect(freedMs).toBeLessThan(FREED_BOUND_MS);
    expect((await client.send(SHORT)).status).toBe(200);
  });

  it('is counted, and costs the engine no more than what it was at', async () => {
    const idle = await untilIdle(server.enginePid);
    expect((await client.send(LONG)).status).toBe(200);
    const whole = (await untilIdle(server.enginePid)) - idle;
    const windowsBefore = await scrape(server, METRICS.windows);
    const costs: number[] = [];
    for (let gone = 0; gone < CLIENTS; gone++) {
      const before = await untilIdle(server.enginePid);
      const leaving = client.sendAndLeave(LONG, { afterMs: STAY_MS });
      await leaving;
      const atLeave = await cpuSeconds(server.enginePid);
      costs.push((await untilIdle(server.enginePid)) - atLeave);
      expect(atLeave).toBeGreaterThanOrEqual(before);
    }
    const mean = costs.reduce((sum, cost) => sum + cost, 0) / CLIENTS;
    console.log(
      `CPU seconds: ${whole.toFixed(2)} for the whole, ${mean.toFixed(3)} after each of ${CLIENTS} that went`,
    );
    // Its sentences make a window each: what is left of an encode that cannot be interrupted, and a token.
    expect(mean).toBeLessThan(whole / 6);
    expect(await scrape(server, METRICS.disconnects)).toBe(CLIENTS);
    // The window that one was at when its client went is counted, though its request had ended before.
    const windows = (await scrape(server, METRICS.windows)) - windowsBefore;
    const untilTheirEnd = server.log
      .filter(({ msg, outcome }) => msg === 'request finished' && outcome === 'client_closed')
      .reduce((sum, { windows: some = 0 }) => sum + (some as number), 0);
    expect(windows).toBeGreaterThan(untilTheirEnd);
    expect(windows).toBeLessThanOrEqual(untilTheirEnd + CLIENTS);
  });
});
