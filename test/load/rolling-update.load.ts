import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { DRAIN } from '../../lib/contract';
import { closedLoop } from '../../service/bench/load/closed-loop';
import { LoadClient } from '../../service/bench/load/load-client';
import { formRequest, type LoadRequest } from '../../service/bench/load/load-request';
import { describeUnless } from '../support/describe-unless';
import { sample } from '../support/nano';
import { ServerProcess } from '../support/server-process';

/** Whether an answer comes as events, a sentence each. */
type Streaming = 'whole' | 'streamed';
/** What each client asks for, again and again; long files take half a minute beside the others. */
const CLIENTS: readonly (readonly [Length, Streaming])[] = [
  ['short', 'whole'],
  ['short', 'whole'],
  ['short', 'streamed'],
  ['long', 'whole'],
  ['long', 'streamed'],
];
type Length = 'short' | 'long';
/** The longest sample so often. */
const LONG_TIMES = 3;
/** A long file waits for the short ones of its own caller. */
const REQUEST_TIMEOUT_SECONDS = 120;
/** As the manifest says where no preStop hook waits: longer than the proxy takes to see that a server is not ready. */
const DRAIN_DELAY_SECONDS = DRAIN.endpointPropagationSeconds;
const CHECK_INTERVAL_MS = 500;
/** Of the samples, which are 16-bit PCM. */
const WAV_HEADER_BYTES = 44;
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
  timeout client ${REQUEST_TIMEOUT_SECONDS}s
  timeout server ${REQUEST_TIMEOUT_SECONDS}s
  timeout http-keep-alive 60s
  option http-keep-alive
  # What a server loses is seen: nothing is tried twice.
  retries 0
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

  /** Uploads of each kind. */
  function requestOf([length, streaming]: (typeof CLIENTS)[number]): LoadRequest {
    const name = length === 'short' ? 'en-02.wav' : 'long-en.wav';
    const { bytes } = sample(name);
    const file = { name, bytes: length === 'short' ? bytes : repeated(bytes, LONG_TIMES) };
    return formRequest('/v1/audio/transcriptions', file, { language: 'en', stream: String(streaming === 'streamed') });
  }

  async function startAt(place: number): Promise<ServerProcess> {
    const server = await ServerProcess.start({
      STT_PORT: String(places[place]),
      STT_DRAIN_DELAY_SECONDS: String(DRAIN_DELAY_SECONDS),
      STT_REQUEST_TIMEOUT_SECONDS: String(REQUEST_TIMEOUT_SECONDS),
    });
    running.add(server);
    return server;
  }

  it('fails no request while every server is replaced, one after the other', async () => {
    const old = await Promise.all([startAt(0), startAt(1)]);
    // What each kind is answered when nothing else is asked.
    const direct = new LoadClient(old[0].port);
    const asked: { readonly kind: string; readonly request: LoadRequest; readonly expected: string }[] = [];
    for (const kind of CLIENTS) {
      const request = requestOf(kind);
      const { status, body } = await direct.send(request);
      if (status !== 200) throw new Error(`${kind.join(', ')}: ${status} ${body}`);
      asked.push({ kind: kind.join(', '), request, expected: withoutHeartbeats(body) });
    }
    direct.close();

    const client = new LoadClient(port);
    const served = (server: ServerProcess): number =>
      server.log.filter(({ msg, outcome }) => msg === 'request finished' && outcome === 'ok').length;
    await old[0].until(
      () =>
        client.send(asked[0]!.request).then(
          ({ status }) => status === 200,
          // It does not listen yet.
          () => false,
        ),
      'the proxy to find a server',
    );

    const failures: string[] = [];
    const answered: Record<string, number> = {};
    let longestMs = 0;
    let stopping = false;
    const loads = asked.map(({ kind, request, expected }) =>
      closedLoop(1, () =>
        stopping
          ? undefined
          : client.send(request).then(
              ({ status, body, totalMs }) => {
                longestMs = Math.max(longestMs, totalMs);
                if (status === 200 && withoutHeartbeats(body) === expected) answered[kind] = (answered[kind] ?? 0) + 1;
                else failures.push(`${kind}: ${status} ${body}`);
              },
              (error: unknown) => {
                failures.push(`${kind}: ${String(error)}`);
              },
            ),
      ),
    );
    const total = (): number => Object.values(answered).reduce((sum, count) => sum + count, 0);
    const young: ServerProcess[] = [];
    for (const [index, server] of old.entries()) {
      const next = await startAt(2 + index);
      young.push(next);
      await next.until(() => served(next) >= SERVED_BETWEEN, 'the new server to get requests', 60_000);
      expect(await server.stop()).toEqual({ code: 0, signal: null });
      expect(server.find('stopped')).toMatchObject({ requestsCut: 0 });
      running.delete(server);
    }
    const after = total();
    await young[0]!.until(() => total() >= after + SERVED_BETWEEN, 'requests after the update', 60_000);
    stopping = true;
    await Promise.all(loads);
    const inWhenTold = old.map((server) => {
      const told = server.find('draining')!.time as number;
      return Math.max(
        ...server.log
          .filter(({ msg, time }) => msg === 'request finished' && (time as number) > told)
          .map(({ totalMs, time }) => (totalMs as number) - ((time as number) - told)),
      );
    });
    console.log(
      `answered ${JSON.stringify(answered)}, the last of them after ${(longestMs / 1000).toFixed(0)} s; ` +
        `${failures.length} failed; by server: ${[...old, ...young].map(served).join(', ')}; ` +
        `the longest were in for ${inWhenTold.map((ms) => (ms / 1000).toFixed(0)).join(' and ')} s when their servers were told to stop`,
    );
    expect(failures).toEqual([]);
    expect(Math.max(...inWhenTold)).toBeGreaterThan(0);
    expect(Object.keys(answered).sort()).toEqual([...new Set(asked.map(({ kind }) => kind))].sort());
    client.close();
  });
});

/** Heartbeats are comments. */
function withoutHeartbeats(body: string): string {
  return body.replaceAll(/^:.*\n\n/gm, '');
}

/** A sample so often one after the other. */
function repeated(wav: Buffer, times: number): Buffer {
  const pcm = wav.subarray(WAV_HEADER_BYTES);
  const header = Buffer.from(wav.subarray(0, WAV_HEADER_BYTES));
  header.writeUInt32LE(WAV_HEADER_BYTES - 8 + times * pcm.length, 4);
  header.writeUInt32LE(times * pcm.length, WAV_HEADER_BYTES - 4);
  return Buffer.concat([header, ...Array.from({ length: times }, () => pcm)]);
}
