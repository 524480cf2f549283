import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { closedLoop } from '../../service/bench/load/closed-loop';
import { LoadClient } from '../../service/bench/load/load-client';
import { formRequest } from '../../service/bench/load/load-request';
import { describeUnless } from '../support/describe-unless';
import { sample } from '../support/nano';
import { ServerProcess } from '../support/server-process';

const CLIENTS = 4;
/** As the manifest says where no preStop hook waits: longer than the proxy takes to see that a server is not ready. */
const DRAIN_DELAY_SECONDS = 3;
const CHECK_INTERVAL_MS = 500;
/** Requests that a state of the fleet must have served before the next change. */
const SERVED_BETWEEN = 10;

/** Free now; between its choice and its use somebody else could take it, which the proxy would say. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** HAProxy in front of three places, of which some are empty: an ingress that asks /readyz and keeps connections. */
function proxyConfiguration(port: number, places: readonly number[]): string {
  return `
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout http-keep-alive 60s
  option http-keep-alive
  # A request on a kept connection that the server has closed meanwhile; what was sent in part is not sent again.
  retry-on conn-failure empty-response
  option redispatch
frontend callers
  bind 127.0.0.1:${port}
  default_backend servers
backend servers
  balance roundrobin
  option httpchk GET /readyz
${places
  .map((place, i) => `  server place${i} 127.0.0.1:${place} check inter ${CHECK_INTERVAL_MS}ms fall 1 rise 1`)
  .join('\n')}
`;
}

const missing = spawnSync('haproxy', ['-v']).error
  ? 'no haproxy: apt-get install --no-install-recommends haproxy'
  : undefined;

describeUnless(missing, 'a rolling update behind a proxy', () => {
  let folder: string;
  let proxy: ChildProcess;
  let port: number;
  let places: readonly number[];
  const running = new Set<ServerProcess>();

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'rolling-update-'));
    places = await Promise.all(Array.from({ length: 4 }, freePort));
    port = await freePort();
    const file = path.join(folder, 'haproxy.cfg');
    writeFileSync(file, proxyConfiguration(port, places));
    proxy = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
  });
  afterAll(async () => {
    proxy.kill('SIGKILL');
    await Promise.all([...running].map((server) => server.stop('SIGKILL')));
    rmSync(folder, { recursive: true });
  });

  async function startAt(place: number): Promise<ServerProcess> {
    const server = await ServerProcess.start({
      STT_PORT: String(places[place]),
      STT_DRAIN_DELAY_SECONDS: String(DRAIN_DELAY_SECONDS),
    });
    running.add(server);
    return server;
  }

  it('fails no request while every server is replaced, one after the other', async () => {
    const { bytes, text } = sample('en-02.wav');
    const request = formRequest('/v1/audio/transcriptions', { name: 'en-02.wav', bytes }, { language: 'en' });
    const old = await Promise.all([startAt(0), startAt(1)]);
    const client = new LoadClient(port);
    const transcribes = (server: ServerProcess): number =>
      server.log.filter(({ msg, outcome }) => msg === 'request finished' && outcome === 'ok').length;
    await old[0].until(
      () =>
        client.send(request).then(
          ({ status }) => status === 200,
          // It does not listen yet.
          () => false,
        ),
      'the proxy to find a server',
    );

    const failures: string[] = [];
    let answered = 0;
    let stopping = false;
    const load = closedLoop(CLIENTS, () =>
      stopping
        ? undefined
        : client.send(request).then(
            ({ status, body }) => {
              if (status === 200 && body.includes(JSON.stringify(text))) answered++;
              else failures.push(`${status} ${body}`);
            },
            (error: unknown) => {
              failures.push(String(error));
            },
          ),
    );
    const young: ServerProcess[] = [];
    for (const [index, server] of old.entries()) {
      const next = await startAt(2 + index);
      young.push(next);
      await next.until(() => transcribes(next) >= SERVED_BETWEEN, 'the new server to get requests', 60_000);
      expect(await server.stop()).toEqual({ code: 0, signal: null });
      expect(server.find('stopped')).toMatchObject({ requestsCut: 0 });
      running.delete(server);
    }
    const after = answered;
    await young[0]!.until(() => answered >= after + SERVED_BETWEEN, 'requests after the update', 60_000);
    stopping = true;
    await load;
    console.log(
      `${answered} requests answered, ${failures.length} failed; by server: ` +
        [...old, ...young].map(transcribes).join(', '),
    );
    expect(failures).toEqual([]);
    client.close();
  });
});
