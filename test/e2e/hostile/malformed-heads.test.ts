import { DATA_HEADERS } from '../../../service/src/http/security/security-headers';
import { OtherClients } from '../../support/other-clients';
import { head, RawConnection, uploadHead } from '../../support/raw-connection';
import { ServerProcess } from '../../support/server-process';

/** A complete request that must never be answered: it hides in what came before. */
const SMUGGLED = 'GET /v1/models HTTP/1.1\r\nhost: stt.test\r\n\r\n';
const CHUNKED = { 'transfer-encoding': 'chunked' };

describe('heads that are no requests', () => {
  let server: ServerProcess;
  let others: OtherClients;
  beforeAll(async () => {
    server = await ServerProcess.start();
    others = new OtherClients(server);
  });
  afterAll(() => server.stop());

  it.each<readonly [what: string, bytes: string | Uint8Array, status: number, code: string]>([
    ['one header of 20 kB', head('GET /livez', { 'x-long': 'a'.repeat(20_000) }), 431, 'headers_too_large'],
    [
      'five thousand headers',
      head('GET /livez', Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`x-${i}`, 'a']))),
      431,
      'headers_too_large',
    ],
    ['a URL of 20 kB', head(`GET /${'a'.repeat(20_000)}`), 431, 'headers_too_large'],
    [
      'both a length and chunks',
      uploadHead({ 'content-length': 6, ...CHUNKED }) + '0\r\n\r\n' + SMUGGLED,
      400,
      'invalid_request',
    ],
    [
      'two lengths',
      uploadHead({ 'content-length': 5, 'Content-Length': 60 }) + '--x--' + SMUGGLED,
      400,
      'invalid_request',
    ],
    [
      'a length that is no number',
      uploadHead({ 'content-length': '5, 5' }) + '--x--' + SMUGGLED,
      400,
      'invalid_request',
    ],
    ['a negative length', uploadHead({ 'content-length': -5 }) + SMUGGLED, 400, 'invalid_request'],
    ['a length beyond 64 bits', uploadHead({ 'content-length': '9'.repeat(30) }), 400, 'invalid_request'],
    [
      'a transfer coding that only ends like chunked',
      uploadHead({ 'transfer-encoding': 'xchunked', 'content-length': 5 }) + '--x--' + SMUGGLED,
      400,
      'invalid_request',
    ],
    [
      'chunked that is not the last coding',
      uploadHead({ 'transfer-encoding': 'chunked, identity' }) + '0\r\n\r\n' + SMUGGLED,
      400,
      'invalid_request',
    ],
    [
      'a transfer coding on a folded line',
      uploadHead({ 'transfer-encoding': '\r\n chunked', 'content-length': 5 }) + '0\r\n\r\n' + SMUGGLED,
      400,
      'invalid_request',
    ],
    [
      'a blank before the colon of a transfer coding',
      uploadHead({ 'transfer-encoding ': 'chunked', 'content-length': 5 }) + '0\r\n\r\n' + SMUGGLED,
      400,
      'invalid_request',
    ],
    ['lines that end in a bare LF', 'GET /livez HTTP/1.1\nhost: stt.test\n\n', 400, 'invalid_request'],
    ['a NUL in a header', head('GET /livez', { 'x-nul': 'a\0b' }), 400, 'invalid_request'],
    ['a bare CR in a header', head('GET /livez', { 'x-cr': 'a\rx-b: c' }), 400, 'invalid_request'],
    ['a header without a name', 'GET /livez HTTP/1.1\r\n: a\r\n\r\n', 400, 'invalid_request'],
    ['a NUL in the path', head('GET /livez\0'), 400, 'invalid_request'],
    ['an unknown method', head('TRANSCRIBE /livez'), 400, 'invalid_request'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'invalid_request'],
    ['another version of HTTP', 'GET /livez HTTP/3.0\r\nhost: x\r\n\r\n', 400, 'invalid_request'],
    ['the hello of TLS', Buffer.from('160301020001000 1fc0303'.replace(' ', ''), 'hex'), 400, 'invalid_request'],
    [
      'bytes without meaning',
      Uint8Array.from({ length: 4_000 }, (_, i) => (i * 7 + 128) % 256),
      400,
      'invalid_request',
    ],
  ])('refuses %s once, and closes the connection', async (_what, bytes, status, code) => {
    const { statuses, errorCode, received } = await RawConnection.answerTo(server.port, bytes);
    expect({ statuses, errorCode }).toEqual({ statuses: [status], errorCode: code });
    expect(received).toMatch(/^content-type: application\/json; charset=utf-8\r$/m);
    for (const [name, value] of Object.entries(DATA_HEADERS)) expect(received).toContain(`\r\n${name}: ${value}\r\n`);
    // Who asks why finds it in the log.
    const [, reqId] = /^x-request-id: (req_[0-9a-f]{32})\r$/m.exec(received)!;
    await server.until(() => server.log.some((line) => line.reqId === reqId && line.code === code), 'its line');
  });

  it.each([
    ['TRACE', head('TRACE /livez', { 'x-secret': 'kept' })],
    ['OPTIONS', head('OPTIONS /livez')],
    ['DELETE', head('DELETE /v1/models')],
    ['DELETE of a route with a parameter', head('DELETE /v1/models/nano')],
    ['PUT of a route with two', head('PUT /v1/models/openai/whisper-nano')],
  ])('answers %s as every method that a route does not take', async (_method, bytes) => {
    const connection = await RawConnection.open(server.port);
    connection.send(bytes);
    await connection.until(() => connection.received.endsWith('}'), 'an answer');
    expect(connection.statuses).toEqual([405]);
    expect(connection.received).toMatch(/^allow: GET, HEAD\r$/m);
    expect(connection.received).not.toContain('kept');
    connection.close();
  });

  it('tunnels nothing', async () => {
    const connection = await RawConnection.answerTo(server.port, head('CONNECT 127.0.0.1:22') + SMUGGLED);
    expect(connection.received).toBe('');
  });

  it.each([
    ['climbs out of the root', '/v1/../../etc/passwd', 404],
    ['climbs to a route', '/v1/../livez', 404],
    ['climbs with escaped dots', '/%2e%2e/%2e%2e/etc/passwd', 404],
    ['hides slashes', '/v1%2fmodels', 404],
    ['hides slashes of a model name', '/v1/models/..%2f..%2fnano', 404],
    ['has an escaped NUL', '/livez%00', 404],
    ['has an escaped line break', '/livez%0d%0ax-injected:%20yes', 404],
    ['is no UTF-8', '/%ff%fe', 400],
    ['has raw bytes above ASCII', '/\xff\xfe', 400],
    ['is absolute', 'http://169.254.169.254/latest/meta-data', 404],
    ['is of another scheme', 'file:///etc/passwd', 400],
    ['starts with two slashes', '//livez', 404],
    ['asks for a prototype', '/__proto__', 404],
    ['asks for a model named as a prototype', '/v1/models/__proto__', 404],
  ])('finds nothing where a path %s, and shows no header of it', async (_what, path, status) => {
    const connection = await RawConnection.open(server.port);
    connection.send(head(`GET ${path}`));
    await connection.until(() => connection.received.endsWith('}'), 'an answer');
    expect(connection.statuses).toEqual([status]);
    expect(connection.received).not.toMatch(/^x-injected/m);
    expect(connection.received).not.toMatch(/root:|at .*\.(js|ts):\d/);
    connection.close();
  });

  it('serves others meanwhile', async () => {
    const { transcriptions, probes } = await others.stop();
    expect(transcriptions).toBeGreaterThan(0);
    expect(probes).toBeGreaterThan(10);
  });
});
