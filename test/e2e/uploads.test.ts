import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sample } from '../support/nano';
import { head, part, RawConnection, uploadHead } from '../support/raw-connection';
import { ServerProcess } from '../support/server-process';

const { bytes, text } = sample('en-01.wav');
const FORM = Buffer.concat([
  part('name="response_format"', 'text'),
  part('name="file"; filename="a.wav"', bytes),
  Buffer.from('--x--\r\n'),
]);
const MEBIBYTE = 2 ** 20;
/** Of uploads in memory (lib/contract.ts HELD_AT_ONCE). */
const BUDGET_BYTES = 64 * MEBIBYTE;

function chunk(piece: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]);
}

describe('uploads', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await ServerProcess.start();
  });
  afterAll(() => server.stop());

  /** Sends a body as audio that is recorded: piece after piece, none of which ends where anything in it does. */
  async function sendSlowly(connection: RawConnection, body: Uint8Array, isChunked: boolean): Promise<void> {
    for (let at = 0; at < body.length; at += 7_001) {
      const piece = body.subarray(at, at + 7_001);
      connection.send(isChunked ? chunk(piece) : piece);
      await sleep(20);
    }
    if (isChunked) connection.send('0\r\n\r\n');
  }

  async function answerTo(requestHead: string, body: Uint8Array, isChunked: boolean): Promise<RawConnection> {
    const connection = await RawConnection.open(server.port);
    connection.send(requestHead);
    await sendSlowly(connection, body, isChunked);
    await connection.until(() => /\r\n\r\n[^]+$/.test(connection.received), 'an answer');
    connection.close();
    return connection;
  }

  const CHUNKED = { 'transfer-encoding': 'chunked' };
  const RAW = 'POST /v1/audio/transcriptions?response_format=text';
  const AUDIO = { 'content-type': 'audio/wav' };

  it.each([
    ['a form in chunks', uploadHead(CHUNKED), FORM, true],
    ['a form of a known length', uploadHead({ 'content-length': FORM.length }), FORM, false],
    ['audio itself in chunks', head(RAW, { ...AUDIO, ...CHUNKED }), bytes, true],
    ['audio itself of a known length', head(RAW, { ...AUDIO, 'content-length': bytes.length }), bytes, false],
  ])('are read while they are made: %s, a piece at a time', async (_what, requestHead, body, isChunked) => {
    const { statuses, received } = await answerTo(requestHead, body, isChunked);
    expect(statuses).toEqual([200]);
    expect(received).toContain(text);
  });

  it('are the same by their bytes, however they come', async () => {
    const key = { 'idempotency-key': createHash('sha256').update('uploads').digest('hex') };
    const inChunks = await answerTo(head(RAW, { ...AUDIO, ...CHUNKED, ...key }), bytes, true);
    const atOnce = await answerTo(head(RAW, { ...AUDIO, 'content-length': bytes.length, ...key }), bytes, false);
    const other = Buffer.from(bytes).fill(9, 10_000, 20_000);
    const changed = await answerTo(head(RAW, { ...AUDIO, ...CHUNKED, ...key }), other, true);
    expect([inChunks, atOnce, changed].map(({ statuses }) => statuses)).toEqual([[200], [200], [422]]);
  });

  describe('of several files', () => {
    const refusal = async (connection: RawConnection): Promise<void> => {
      await connection.until(() => connection.received.endsWith('}'), 'an answer');
      connection.close();
      expect(connection.statuses).toEqual([413]);
      expect(connection.received).toContain(`may have ${BUDGET_BYTES} bytes together`);
      // Another try would be refused again.
      expect(connection.received).not.toMatch(/^retry-after/im);
    };
    const batchHead = (headers: Readonly<Record<string, string | number>>): string =>
      head('POST /transcribe/batch', { 'content-type': 'multipart/form-data; boundary=x', ...headers });

    it('are refused from their stated length where memory could never hold them', async () => {
      const connection = await RawConnection.open(server.port);
      connection.send(batchHead({ 'content-length': BUDGET_BYTES + 2 * MEBIBYTE }));
      await refusal(connection);
    });

    it('are refused as soon as memory could not hold them where they state none', async () => {
      const connection = await RawConnection.open(server.port);
      connection.send(batchHead(CHUNKED));
      const file = part('name="files"; filename="a.wav"', Buffer.alloc(20 * MEBIBYTE));
      for (let files = 0; files < 4; files++) connection.send(chunk(file));
      await refusal(connection);
    });
  });

  it('without a file name are told so, on every route', async () => {
    const nameless = Buffer.concat([part('name="file"', bytes), Buffer.from('--x--\r\n')]);
    for (const route of ['/v1/audio/transcriptions', '/inference', '/transcribe']) {
      const response = await fetch(`${server.url}${route}`, {
        method: 'POST',
        headers: { 'content-type': 'multipart/form-data; boundary=x' },
        body: nameless,
      });
      expect([route, response.status, await response.text()]).toEqual([
        route,
        400,
        expect.stringContaining('has no file name') as string,
      ]);
    }
  });
});
