import { gzipSync } from 'node:zlib';
import { constantFlac } from '../../support/flac-writer';
import { OtherClients } from '../../support/other-clients';
import { anonymousBytes } from '../../support/processes';
import { head, part, RawConnection, upload, uploadHead } from '../../support/raw-connection';
import { ServerProcess } from '../../support/server-process';
import { pcm16, wavFile } from '../../support/wav-writer';

/** A tenth of a second of silence: what a form's other parts do to it is the question here. */
const bytes = wavFile({ data: pcm16(new Float32Array(1_600)) });
const TRANSCRIPT = '{"text":"","usage":{"type":"duration","seconds":1}}';
const FILE = part('name="file"; filename="a.wav"', bytes);
const SMUGGLED = 'GET /v1/models HTTP/1.1\r\nhost: stt.test\r\n\r\n';
/** As deep as a field's limit lets it be. */
const DEEP_JSON = '['.repeat(30_000) + ']'.repeat(30_000);

describe('bodies that are not what they should be', () => {
  let server: ServerProcess;
  let others: OtherClients;
  beforeAll(async () => {
    server = await ServerProcess.start({ STT_MAX_AUDIO_SECONDS: '120' });
    others = new OtherClients(server);
  });
  afterAll(() => server.stop());

  /** What a thing sent on a connection of its own is answered with. */
  async function answerTo(sent: string | Uint8Array): Promise<RawConnection> {
    const connection = await RawConnection.open(server.port);
    connection.send(sent);
    await connection.until(() => connection.statuses.length > 0 && /[}\n]$/.test(connection.received), 'an answer');
    connection.close();
    return connection;
  }
  async function refused(sent: string | Uint8Array, status: number, code: string): Promise<RawConnection> {
    const answer = await answerTo(sent);
    expect({ statuses: answer.statuses, code: answer.errorCode }).toEqual({ statuses: [status], code });
    expect(answer.received).not.toMatch(/at .*\.(js|ts):\d|node_modules/);
    return answer;
  }
  async function transcribed(sent: string | Uint8Array): Promise<RawConnection> {
    const answer = await answerTo(sent);
    expect(answer.statuses).toEqual([200]);
    expect(answer.received.endsWith(TRANSCRIPT)).toBe(true);
    return answer;
  }

  it('reads no more of a form than its length says, and takes the rest for no request', async () => {
    const whole = Buffer.concat([FILE, Buffer.from('--x--\r\n')]);
    const connection = await RawConnection.open(server.port);
    connection.send(uploadHead({ 'content-length': whole.length }));
    connection.send(whole);
    connection.send('and something more that is no request\r\n\r\n');
    await connection.untilEnded();
    // An answer to the rest would stand in the middle of this one.
    expect(connection.statuses).toEqual([200]);
  });

  it('refuses a form that its length ends in the middle of a part, and does not wait for more', async () => {
    const connection = await RawConnection.open(server.port);
    connection.send(uploadHead({ 'content-length': 1_000 }));
    connection.send(FILE.subarray(0, 1_000));
    connection.send(SMUGGLED);
    await connection.until(() => connection.statuses.length === 2, 'two answers');
    // What comes behind the length is the next request, and the same client's: nothing is smuggled.
    expect(connection.statuses).toEqual([400, 200]);
    connection.close();
  });

  it('drops a form whose length is never reached when the client goes', async () => {
    const connection = await RawConnection.open(server.port);
    connection.send(uploadHead({ 'content-length': FILE.length + 1_000 }));
    connection.send(FILE);
    connection.socket.end();
    await connection.untilEnded();
    expect(connection.statuses.every((status) => status === 400)).toBe(true);
  });

  it.each([
    ['a size that is no number', 'zz\r\nabc\r\n0\r\n\r\n'],
    ['a negative size', '-5\r\nabcde\r\n0\r\n\r\n'],
    ['a size of more than 64 bits', `${'f'.repeat(40)}\r\nabc\r\n`],
    ['no line break behind the data', '3\r\nabcdef\r\n0\r\n\r\n'],
    ['an extension of 20 kB', `3;${'x'.repeat(20_000)}\r\nabc\r\n0\r\n\r\n`],
    ['trailers of 20 kB', `0\r\nx-trailer: ${'a'.repeat(20_000)}\r\n\r\n`],
  ])('refuses chunks with %s, and closes the connection', async (_what, chunks) => {
    const connection = await RawConnection.answerTo(
      server.port,
      uploadHead({ 'transfer-encoding': 'chunked' }) + chunks + SMUGGLED,
    );
    expect(connection.statuses.length).toBeLessThanOrEqual(1);
    for (const status of connection.statuses) expect([400, 413, 431]).toContain(status);
    expect(connection.received).not.toContain('"owned_by"');
  });

  it.each(['gzip', 'br', 'deflate', 'zstd', 'gzip, identity', 'x-unknown'])(
    'refuses a body in content-encoding %s, however small, and says what it takes',
    async (encoding) => {
      const bomb = gzipSync(Buffer.alloc(20_000_000));
      const sent = Buffer.concat([
        Buffer.from(uploadHead({ 'content-length': bomb.length, 'content-encoding': encoding })),
        bomb,
      ]);
      const { received } = await refused(sent, 415, 'unsupported_encoding');
      expect(received).toMatch(/^accept-encoding: identity\r$/m);
    },
  );

  it('takes a body whose encoding is said to be none', async () => {
    await transcribed(upload([FILE], { 'content-encoding': 'identity' }));
  });

  it('stops to decode audio that unfolds beyond the limit, in little memory', async () => {
    const pid = server.child.pid!;
    // Ten hours of silence in 2 MB.
    const bomb = constantFlac({ frames: 9_000, blockSize: 65_535, sampleRateHz: 16_000 });
    await refused(upload([part('name="file"; filename="a.flac"', bomb)]), 413, 'audio_too_long');
    const before = await anonymousBytes(pid);
    for (let again = 0; again < 5; again++) {
      await refused(upload([part('name="file"; filename="a.flac"', bomb)]), 413, 'audio_too_long');
    }
    // Decoded, each would be 2 GB.
    expect((await anonymousBytes(pid)) - before).toBeLessThan(100 * 2 ** 20);
  });

  it.each([
    ['parts', Array.from({ length: 20_000 }, (_, i) => part(`name="p${i}"`, ''))],
    ['files', Array.from({ length: 20_000 }, (_, i) => part(`name="f${i}"; filename="a"`, ''))],
    ['values of one field', Array.from({ length: 20_000 }, () => part('name="keywords[]"', 'a'))],
  ])('refuses a flood of %s', async (_what, parts) => {
    await refused(upload(parts), 400, 'invalid_multipart');
  });

  it('refuses a field that is far too long', async () => {
    await refused(upload([part('name="prompt"', 'a'.repeat(100_000)), FILE]), 400, 'invalid_value');
  });

  it.each([
    ['a name of a file', part(`name="other"; filename="${'a'.repeat(100_000)}"`, bytes)],
    ['a list of headers', part(`name="other"; filename="a"\r\n${'x-a: b\r\n'.repeat(10_000)}x-a: b`, bytes)],
  ])('refuses a part with %s that is far too long', async (_what, contents) => {
    await refused(upload([contents, FILE]), 400, 'invalid_multipart');
  });

  it.each([
    ['climbs out of a folder', '../../../../etc/passwd'],
    ['climbs out of a folder of Windows', '..\\..\\windows\\system32\\config\\sam'],
    ['is absolute', '/etc/passwd'],
    ['has a NUL', 'a.wav\0.sh'],
    ['has control characters', 'a\x01\x07\x1b[31m\x7f.wav'],
    ['has 10 kB', `${'a'.repeat(10_000)}.wav`],
    ['has escaped line breaks', 'a%0d%0ax-injected: yes.wav'],
    ['is a command', '$(reboot);`reboot`|reboot.wav'],
    ['is a prototype', '__proto__'],
    ['is empty', ''],
  ])('transcribes a file whose name %s, and shows the name nowhere', async (_what, name) => {
    const answer = await transcribed(upload([part(`name="file"; filename="${name}"`, bytes)]));
    const [headers] = answer.received.split('\r\n\r\n');
    expect(headers).not.toMatch(/x-injected|content-disposition|passwd|reboot|aaaa/i);
  });

  it('lets no header of a part into its answer', async () => {
    const answer = await transcribed(
      upload([part('name="file"; filename="a.wav"\r\nx-injected: yes\r\nset-cookie: a=b', bytes)]),
    );
    expect(answer.received).not.toMatch(/x-injected|set-cookie/i);
  });

  it.each([
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    '__proto__[polluted]',
    'file.__proto__',
  ])('takes a field named %s for one that it does not know', async (name) => {
    const answer = await answerTo(upload([part(`name="${name}"`, '{"polluted":true}'), FILE]));
    // Refused or ignored: never a fault, and nothing is changed for those who come after.
    expect([200, 400]).toContain(answer.statuses[0]);
    await transcribed(upload([FILE]));
  });

  it.each(['__proto__', 'constructor', 'constructor[prototype][polluted]', '__proto__[polluted]'])(
    'takes %s in a query for one that it does not know',
    async (name) => {
      const body = Buffer.concat([FILE, Buffer.from('--x--\r\n')]);
      const line = `POST /v1/audio/transcriptions?${name}=1&${name}=2`;
      const type = 'multipart/form-data; boundary=x';
      const sent = Buffer.from(head(line, { 'content-type': type, 'content-length': body.length }));
      await transcribed(Buffer.concat([sent, body]));
    },
  );

  it.each([
    ['deep JSON', DEEP_JSON],
    ['JSON with a prototype', '["a",{"__proto__":{"polluted":true}}]'],
    ['JSON of ten thousand entries', JSON.stringify(Array.from({ length: 10_000 }, (_, i) => `w${i}`))],
    ['half of a JSON list', '["a"'],
  ])('survives %s in a list', async (_what, value) => {
    for (const name of ['keywords', 'languages', 'timestamp_granularities[]', 'include[]']) {
      const { statuses, received } = await answerTo(upload([part(`name="${name}"`, value), FILE]));
      expect([200, 400]).toContain(statuses[0]);
      expect(received).not.toMatch(/stack|at .*\.(js|ts):\d/);
    }
  });

  it('refuses deep JSON as a body', async () => {
    const sent = head('POST /v1/audio/transcriptions', {
      'content-type': 'application/json',
      'content-length': DEEP_JSON.length,
    });
    const answer = await answerTo(sent + DEEP_JSON);
    expect([400, 415]).toContain(answer.statuses[0]);
  });

  it.each([
    ['the value of a field', part('name="prompt"', 'caf\xe9 \xff\xfe\xc3')],
    ['the name of a field', part('name="pro\xff\xfempt"', 'a')],
    ['the name of a file', part('name="other"; filename="\xff\xfe.wav"', 'a')],
  ])('refuses bytes that are no UTF-8 in %s', async (_what, contents) => {
    await refused(upload([contents, FILE]), 400, 'invalid_value');
  });

  it('takes bytes that are no UTF-8 in headers and queries for what they are', async () => {
    await transcribed(upload([FILE], { 'x-session-id': '\xff\xfe', 'user-agent': '\xe9' }));
    const answer = await answerTo(head('GET /v1/models?x=%ff%fe&%ff=1'));
    expect(answer.statuses).toEqual([200]);
  });

  it.each([
    ['none', 'multipart/form-data'],
    ['an empty one', 'multipart/form-data; boundary='],
    ['one of 10 kB', `multipart/form-data; boundary=${'x'.repeat(10_000)}`],
    ['another one', 'multipart/form-data; boundary=y'],
  ])('refuses a form that names %s for a boundary', async (_what, type) => {
    const answer = await answerTo(upload([FILE], { 'content-type': type }));
    expect(answer.statuses).toEqual([400]);
    expect(['invalid_multipart', 'missing_file']).toContain(answer.errorCode);
  });

  it('serves others meanwhile', async () => {
    expect((await others.stop()).transcriptions).toBeGreaterThan(0);
  });
});
