import { DATA_HEADERS } from '../../../service/src/http/security/security-headers';
import { sample } from '../../support/nano';
import { OtherClients } from '../../support/other-clients';
import { head, RawConnection } from '../../support/raw-connection';
import { audioForm, crashingEngine, ServerProcess, transcriptionRequest } from '../../support/server-process';

/** Lines of a stack, paths of the server's files, versions of what it runs on. */
const INTERNALS = /\bat .*[.:]\d+:\d+|node_modules|\/(?:app|build|service)\/|\.[jt]s\b|node:internal|v2\d\.\d/i;
const ORIGIN = 'https://agent.example.com';

async function answerTo(server: ServerProcess, sent: string): Promise<string> {
  const connection = await RawConnection.open(server.port);
  connection.send(sent);
  await connection.until(() => /\r\n\r\n[^]*[}\n]$/.test(connection.received), 'an answer');
  connection.close();
  return connection.received;
}

describe('answers', () => {
  let server: ServerProcess;
  let others: OtherClients;
  beforeAll(async () => {
    server = await ServerProcess.start({ STT_CORS_ORIGINS: ORIGIN, STT_ENGINE_PROCESSES: '1' });
    others = new OtherClients(server);
  });
  afterAll(() => server.stop());

  it.each(['req-1', '0af7651916cd43dd8448eb211c80319c', 'a.b:c/d+e=f@g_h', 'a'.repeat(128)])(
    'carry the request id %s of the caller',
    async (id) => {
      const response = await fetch(`${server.url}/v1/models`, { headers: { 'x-request-id': id } });
      expect(response.headers.get('x-request-id')).toBe(id);
    },
  );

  it.each([
    ['escaped line breaks', 'a%0d%0ax-injected: yes'],
    ['bytes above ASCII, which UTF-8 makes line breaks of', 'a\xe5\x98\x8d\xe5\x98\x8ax-injected: yes'],
    ['quotes and braces, which a log line has', '","level":60,"x":"{}'],
    ['a tab', 'a\tb'],
    ['129 characters', 'a'.repeat(129)],
    ['10 kB', 'a'.repeat(10_000)],
    ['two values', 'a\r\nx-request-id: b'],
  ])('carry an id of their own for a request id with %s', async (_what, id) => {
    for (const path of ['/v1/models', '/nowhere', '/%zz']) {
      const received = await answerTo(server, head(`GET ${path}`, { 'x-request-id': id }));
      expect(/^x-request-id: (.*)\r$/im.exec(received)?.[1]).toMatch(/^req_[0-9a-f]{32}$/);
      expect(received).not.toMatch(/^x-injected/im);
    }
  });

  it('of any kind say what browsers may make of them, and nothing of the server', async () => {
    const wav = sample('en-02.wav').bytes;
    const answers = await Promise.all([
      transcriptionRequest(server, wav),
      transcriptionRequest(server, Buffer.from('no audio')),
      fetch(`${server.url}/transcribe`, { method: 'POST', body: audioForm(wav) }),
      server.get('/v1/models'),
      server.get('/livez'),
      server.get('/metrics'),
      server.get('/nowhere'),
      server.get('/%zz'),
      server.get(`/v1/models/${'a'.repeat(200)}`),
    ]);
    for (const { headers, url } of answers) {
      expect({ url, ...Object.fromEntries(headers) }).toMatchObject({ url, ...DATA_HEADERS });
      expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
      expect(headers.has('server') || headers.has('x-powered-by')).toBe(false);
    }
  });

  it('to a page of a known origin can be read there, with what its client needs to try again', async () => {
    const preflight = await fetch(`${server.url}/v1/audio/transcriptions`, {
      method: 'OPTIONS',
      headers: {
        origin: ORIGIN,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,x-stainless-lang',
      },
    });
    expect(preflight.status).toBe(204);
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': 'GET, HEAD, POST',
      'access-control-allow-headers': 'authorization,x-stainless-lang',
    });
    const refused = await fetch(`${server.url}/v1/models/unknown`, { headers: { origin: ORIGIN } });
    expect(refused.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(refused.headers.get('access-control-expose-headers')).toContain('retry-after');
  });

  it('to a page of an unknown origin cannot be read there', async () => {
    const { headers } = await fetch(`${server.url}/v1/models`, { headers: { origin: 'https://evil.example.com' } });
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('vary')).toMatch(/origin/i);
  });

  it('show nothing of the inside, whatever is asked for', async () => {
    for (const sent of [
      head('GET /%zz'),
      head('GET /v1/models/__proto__'),
      head('POST /v1/audio/transcriptions', { 'content-length': 2, 'content-type': 'application/json' }) + '{]',
      head('POST /transcribe?temperature=x', { 'content-length': 0 }),
      'nonsense\r\n\r\n',
    ]) {
      const [, body] = (await answerTo(server, sent)).split('\r\n\r\n');
      expect(body).not.toMatch(INTERNALS);
    }
  });

  it('serve others meanwhile', async () => {
    expect((await others.stop()).transcriptions).toBeGreaterThan(0);
  });

  it('to faults of the server show nothing of the inside either', async () => {
    const faulty = await ServerProcess.start({ STT_ENGINE_PROCESSES: '1', ...crashingEngine(0) });
    try {
      const response = await transcriptionRequest(faulty, sample('en-01.wav').bytes);
      expect(response.status).toBe(422);
      expect(await response.text()).not.toMatch(INTERNALS);
    } finally {
      await faulty.stop();
    }
  }, 60_000);
});
