import { METRICS } from '../../lib/metrics';
import { sample } from '../support/nano';
import { scrape } from '../support/scrape';
import { audioForm, ServerProcess } from '../support/server-process';

/** One request at once for each caller: who is taken for whom shows. */
const ONE_AT_ONCE = { STT_MAX_REQUESTS_PER_CALLER: '1' };

describe('callers behind a proxy, without API keys', () => {
  let server: ServerProcess;
  afterEach(() => server.stop());

  const post = (forwardedFor: string, file: string, signal?: AbortSignal): Promise<Response> =>
    fetch(`${server.url}/v1/audio/transcriptions`, {
      method: 'POST',
      headers: { 'x-forwarded-for': forwardedFor },
      body: audioForm(sample(file).bytes),
      signal,
    });

  /** Statuses of short requests, by what their `x-forwarded-for` says, while a long one of another address is in. */
  async function statusesBeside(first: string, others: readonly string[]): Promise<Readonly<Record<string, number>>> {
    const leave = new AbortController();
    const long = post(first, 'long-en.wav', leave.signal);
    await server.until(async () => (await scrape(server, METRICS.inFlight)) === 1, 'the long request to be in');
    const statuses: Record<string, number> = {};
    for (const other of others) statuses[other] = (await post(other, 'en-02.wav')).status;
    leave.abort();
    await expect(long).rejects.toThrow();
    return statuses;
  }

  it('are told apart by what a trusted proxy says of them', async () => {
    server = await ServerProcess.start({ ...ONE_AT_ONCE, STT_TRUSTED_PROXIES: '127.0.0.0/8, 10.42.0.0/16' });
    expect(
      await statusesBeside('203.0.113.7', [
        '203.0.113.7',
        '203.0.113.8',
        // Another connection of the same caller, as some proxies write it.
        '203.0.113.7:4711',
        // Two proxies, and in front of them what the caller made up itself.
        '198.51.100.1, 203.0.113.7, 10.42.0.9',
        '203.0.113.7, 198.51.100.1',
      ]),
    ).toEqual({
      '203.0.113.7': 429,
      '203.0.113.8': 200,
      '203.0.113.7:4711': 429,
      '198.51.100.1, 203.0.113.7, 10.42.0.9': 429,
      '203.0.113.7, 198.51.100.1': 200,
    });
  });

  it.each([
    ['nobody is trusted', {}],
    ['others are', { STT_TRUSTED_PROXIES: '10.42.0.0/16' }],
  ])('are one, whatever they say of themselves, where %s', async (_what, environment) => {
    server = await ServerProcess.start({ ...ONE_AT_ONCE, ...environment });
    expect(await statusesBeside('203.0.113.7', ['203.0.113.8'])).toEqual({ '203.0.113.8': 429 });
  });

  it('make a server refuse to start that is to trust a name', async () => {
    server = ServerProcess.spawn({ STT_TRUSTED_PROXIES: 'ingress-nginx' });
    expect(await server.exit).toMatchObject({ code: 78 });
    expect(server.output).toContain('STT_TRUSTED_PROXIES: got "ingress-nginx", expected addresses or ranges');
  });
});
