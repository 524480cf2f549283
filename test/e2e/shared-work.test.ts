import { sample } from '../support/nano';
import { audioForm, ServerProcess, transcriptionRequest } from '../support/server-process';
import { part, RawConnection, upload, uploadHead } from '../support/raw-connection';

/** Requests under one idempotency key, and what else shares something with its neighbours. */
describe('requests that share work', () => {
  let server: ServerProcess;
  const { bytes } = sample('long-en.wav');

  beforeAll(async () => {
    server = await ServerProcess.start();
  });
  afterAll(() => server.stop());

  const post = (
    route: string,
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<Response> =>
    fetch(`${server.url}${route}`, { method: 'POST', body: audioForm(bytes, fields), headers, signal });

  it('go on for a stream whose first caller has gone in the middle of it, and lose nothing', async () => {
    const headers = { 'idempotency-key': 'stream' };
    const leaver = new AbortController();
    const first = await post('/v1/audio/transcriptions', { stream: 'true' }, headers, leaver.signal);
    const reader = first.body!.getReader();
    await reader.read();
    const second = post('/v1/audio/transcriptions', { stream: 'true' }, headers);
    // The second is in before the first goes, or finds what was made: both are to end well.
    await server.until(async () => {
      const metrics = await (await server.get('/metrics')).text();
      return /^stt_requests_received_total\{.*\} 2$/m.test(metrics);
    }, 'the second request');
    leaver.abort();
    const events = await (await second).text();
    const deltas = [...events.matchAll(/^data: (\{.*\})$/gm)].map(
      ([, data]) => JSON.parse(data!) as { readonly type: string; readonly delta?: string; readonly text?: string },
    );
    const done = deltas.find(({ type }) => type === 'transcript.text.done');
    expect(deltas.map(({ delta = '' }) => delta).join('')).toBe(done?.text);
    expect(server.child.exitCode).toBeNull();
  }, 60_000);

  it('serve who retries after its first try was too impatient', async () => {
    const impatient = post(
      '/v1/audio/transcriptions',
      {},
      { 'idempotency-key': 'retry', 'x-stainless-timeout': '0.2' },
    );
    const retry = post('/v1/audio/transcriptions', {}, { 'idempotency-key': 'retry' });
    expect((await impatient).status).toBe(504);
    expect((await retry).status).toBe(200);
  }, 60_000);

  it('tell the files of a batch apart', async () => {
    const form = new FormData();
    const files = ['en-01.wav', 'en-02.wav'].map((file) => sample(file));
    for (const { bytes: audio } of files) form.append('files', new Blob([Uint8Array.from(audio)]), 'a.wav');
    const response = await fetch(`${server.url}/transcribe/batch`, {
      method: 'POST',
      body: form,
      headers: { 'idempotency-key': 'batch' },
    });
    const answers = (await response.json()) as readonly { readonly transcription: string }[];
    expect(answers.map(({ transcription }) => transcription)).toEqual(files.map(({ text }) => text));
  }, 60_000);

  it('are not kept out by uploads that have begun and do not go on', async () => {
    const small = await ServerProcess.start({ STT_MAX_QUEUE: '1' });
    const stalled: RawConnection[] = [];
    try {
      for (let n = 0; n < 4; n++) {
        const connection = await RawConnection.open(small.port);
        stalled.push(connection);
        connection.send(uploadHead({ 'content-length': 1000, expect: '100-continue' }));
        await connection.until(() => connection.statuses.includes(100), 'the server to ask for the body');
      }
      const { bytes: audio, text } = sample('en-01.wav');
      expect(await (await transcriptionRequest(small, audio)).json()).toMatchObject({ text });
    } finally {
      for (const connection of stalled) connection.close();
      await small.stop();
    }
  }, 60_000);

  it('are not answered in the middle of another answer', async () => {
    const connection = await RawConnection.open(server.port);
    connection.send(upload([part('name="file"; filename="a.wav"', bytes)]));
    connection.send('NO SUCH THING\r\n\r\n');
    await connection.untilEnded();
    expect(connection.statuses).not.toContain(400);
  }, 60_000);
});
