import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { sample } from '../../support/nano';
import { OtherClients } from '../../support/other-clients';
import { head, part, RawConnection, uploadHead } from '../../support/raw-connection';
import { ServerProcess } from '../../support/server-process';

const EXPECT = { expect: '100-continue' };
const { bytes, text } = sample('en-02.wav');
const BODY = Buffer.concat([part('name="file"; filename="a.wav"', bytes), Buffer.from('--x--\r\n')]);

describe('Expect: 100-continue', () => {
  let server: ServerProcess;
  let others: OtherClients;
  beforeAll(async () => {
    server = await ServerProcess.start({ STT_MAX_BODY_BYTES: '1000000' });
    others = new OtherClients(server);
  });
  afterAll(() => server.stop());

  it('asks for a body that is read, and answers it', async () => {
    const connection = await RawConnection.open(server.port);
    connection.send(uploadHead({ ...EXPECT, 'content-length': BODY.length }));
    await connection.until(() => connection.received === 'HTTP/1.1 100 Continue\r\n\r\n', 'the request for the body');
    connection.send(BODY);
    await connection.until(() => connection.received.includes('"text"'), 'the transcript');
    expect(connection.statuses).toEqual([100, 200]);
    expect(connection.received).toContain(JSON.stringify(text));
    // The connection goes on.
    connection.send(head('GET /livez'));
    await connection.until(() => connection.received.includes('alive'), 'the next answer');
    connection.close();
  });

  it('reads a body that the client sends without waiting', async () => {
    const connection = await RawConnection.open(server.port);
    connection.send(uploadHead({ ...EXPECT, 'content-length': BODY.length }));
    connection.send(BODY);
    await connection.until(() => connection.received.includes('"text"'), 'the transcript');
    connection.close();
  });

  it.each([
    ['a body that is too long', uploadHead({ ...EXPECT, 'content-length': 5_000_000 }), 413, 'body_too_large'],
    [
      'a compressed body',
      uploadHead({ ...EXPECT, 'content-length': 100, 'content-encoding': 'gzip' }),
      415,
      'unsupported_encoding',
    ],
    [
      'a body that is no form',
      head('POST /v1/audio/transcriptions', {
        ...EXPECT,
        'content-length': 100,
        'content-type': 'application/x-unknown',
      }),
      415,
      'unsupported_media_type',
    ],
    ['an unknown path', head('POST /nowhere', { ...EXPECT, 'content-length': 100 }), 404, 'not_found'],
    [
      'an expectation that it does not know',
      uploadHead({ expect: '200-ok', 'content-length': 100 }),
      417,
      'expectation_failed',
    ],
  ])('refuses %s from the head, without asking for a byte of it', async (_what, sent, status, code) => {
    const connection = await RawConnection.answerTo(server.port, sent);
    expect({ statuses: connection.statuses, code: connection.errorCode }).toEqual({ statuses: [status], code });
  });

  it('refuses a caller without a key from the head', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'keys-'));
    writeFileSync(path.join(folder, 'keys'), 'agents secret-key');
    const locked = await ServerProcess.start({ STT_API_KEYS_FILE: path.join(folder, 'keys') });
    try {
      const sent = { ...EXPECT, 'content-length': BODY.length };
      const refused = await RawConnection.answerTo(locked.port, uploadHead(sent));
      expect({ statuses: refused.statuses, code: refused.errorCode }).toEqual({
        statuses: [401],
        code: 'invalid_api_key',
      });
      const known = await RawConnection.open(locked.port);
      known.send(uploadHead({ ...sent, authorization: 'Bearer secret-key' }));
      await known.until(() => known.statuses.includes(100), 'the request for the body');
      known.close();
    } finally {
      await locked.stop();
      rmSync(folder, { recursive: true });
    }
  });

  it('serves others meanwhile', async () => {
    expect((await others.stop()).transcriptions).toBeGreaterThan(0);
  });
});
