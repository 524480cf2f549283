import { connect } from 'node:net';
import { sample } from '../support/nano';
import { audioForm, ServerProcess, transcriptionRequest } from '../support/server-process';

interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
}

describe('bad input', () => {
  let server: ServerProcess;
  const { bytes, text } = sample('en-02.wav');

  beforeAll(async () => {
    server = await ServerProcess.start({ STT_MAX_BODY_BYTES: '3000000', STT_MAX_AUDIO_SECONDS: '70' });
  });
  afterAll(() => server.stop());
  // Whatever was sent before, the next caller is served.
  afterEach(async () => {
    expect(await (await transcriptionRequest(server, bytes)).json()).toMatchObject({ text });
  });

  const refused = async (
    response: Response,
    status: number,
    code: string,
    param: string | null = null,
  ): Promise<ErrorBody> => {
    const body = (await response.json()) as ErrorBody;
    expect({ status: response.status, ...body.error }).toMatchObject({ status, code, param });
    expect(body.error.message.length).toBeGreaterThan(10);
    return body;
  };

  it.each([
    ['text', Buffer.from('definitely no audio, only words'), 'unsupported_format'],
    ['nothing', Buffer.alloc(0), 'audio_empty'],
    ['a WAV header alone', sample('en-02.wav').bytes.subarray(0, 44), 'audio_empty'],
    ['an MP3', Buffer.concat([Buffer.from('ID3\x04'), Buffer.alloc(200)]), 'unsupported_format'],
  ])('refuses %s as a file', async (_what, file, code) => {
    await refused(await transcriptionRequest(server, file), 400, code, 'file');
  });

  it.each([
    ['response_format', 'yaml', 400, 'invalid_value'],
    ['response_format', 'diarized_json', 400, 'invalid_value'],
    ['temperature', '1.5', 400, 'invalid_value'],
    ['temperature', 'warm', 400, 'invalid_value'],
    ['language', 'klingon', 400, 'unsupported_language'],
    ['language', 'fr', 400, 'unsupported_language'],
    ['stream', 'perhaps', 400, 'invalid_value'],
    ['timestamp_granularities', 'phoneme', 400, 'invalid_value'],
    ['hallucinations', 'maybe', 400, 'invalid_value'],
    ['channel', 'left', 400, 'invalid_value'],
    ['channel', '1', 400, 'invalid_value'],
  ])('refuses %s=%s and names the field', async (field, value, status, code) => {
    // Granularities mean something to this format alone.
    const form = { response_format: 'verbose_json', [field]: value };
    await refused(await transcriptionRequest(server, bytes, form), status, code, field);
  });

  it('refuses a form without a file', async () => {
    const form = new FormData();
    form.append('model', 'whisper-1');
    await refused(
      await fetch(`${server.url}/v1/audio/transcriptions`, { method: 'POST', body: form }),
      400,
      'missing_file',
      'file',
    );
  });

  it('tells a forgotten @ from a missing file', async () => {
    const form = new FormData();
    form.append('file', 'hello');
    const response = await fetch(`${server.url}/v1/audio/transcriptions`, { method: 'POST', body: form });
    const { error } = await refused(response, 400, 'missing_file', 'file');
    expect(error.message).toContain('file=@PATH');
  });

  it('refuses a body that is no form', async () => {
    const response = await fetch(`${server.url}/v1/audio/transcriptions`, {
      method: 'POST',
      body: '{"url":"https://example.com/a.wav"}',
      headers: { 'content-type': 'application/json' },
    });
    await refused(response, 415, 'unsupported_media_type');
  });

  it.each([
    ['broken off', '--x\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF'],
    ['without a part', 'nothing here'],
  ])('refuses a form that is %s', async (_what, body) => {
    const response = await fetch(`${server.url}/v1/audio/transcriptions`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
    });
    expect(response.status).toBe(400);
    expect(['invalid_multipart', 'missing_file']).toContain(((await response.json()) as ErrorBody).error.code);
  });

  it('answers a body above the limit, whether its length is declared or not', async () => {
    const tooMuch = new Uint8Array(4_100_000);
    const { error } = await refused(await transcriptionRequest(server, tooMuch), 413, 'body_too_large', 'file');
    expect(error.message).toMatch(/Maximum content size limit \(3000000\) exceeded/);
    const form = new Response(audioForm(tooMuch));
    const chunked = await fetch(`${server.url}/v1/audio/transcriptions`, {
      method: 'POST',
      body: form.body,
      headers: { 'content-type': form.headers.get('content-type') ?? '' },
      duplex: 'half',
    });
    await refused(chunked, 413, 'body_too_large', 'file');
  });

  it.each(['file', 'other', undefined])('answers a body that never ends, in part %s, and cuts it off', async (name) => {
    const head =
      'POST /v1/audio/transcriptions HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=x\r\n' +
      'transfer-encoding: chunked\r\n\r\n';
    const filename = name === undefined ? '' : '; filename="a.wav"';
    const part = `--x\r\ncontent-disposition: form-data; name="${name ?? 'prompt'}"${filename}\r\n\r\n`;
    const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
    const socket = connect(server.port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.write(head + chunk(part));
    const flood = chunk('0123456789abcdef'.repeat(4096));
    const pour = (): void => {
      while (!socket.destroyed && socket.write(flood)) continue;
    };
    socket.on('drain', pour);
    pour();
    await closed;
    expect(answer).toMatch(/^HTTP\/1\.1 4(13|00) /);
  });

  it('answers an upload that takes too long, and does not let it hold up the end', async () => {
    const slow = await ServerProcess.start({ STT_REQUEST_TIMEOUT_SECONDS: '1' });
    const socket = connect(slow.port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', () => undefined);
    socket.write(
      'POST /v1/audio/transcriptions HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=x\r\n' +
        'content-length: 100000\r\n\r\n--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nRIFF',
    );
    await slow.until(() => answer !== '', 'an answer');
    expect(answer).toMatch(/^HTTP\/1\.1 504 /);
    expect(answer).toContain('"code":"request_timeout"');
    expect(await slow.stop()).toEqual({ code: 0, signal: null });
  });

  it('ignores other files and reads prompts as they are', async () => {
    const form = new FormData();
    form.append('other', new Blob(['not audio']), 'other.bin');
    form.append('file', new Blob([bytes]), 'audio.wav');
    form.append('third', new Blob(['not audio']), 'third.bin');
    form.append('prompt', '["Anna", "Bob"]');
    const response = await fetch(`${server.url}/v1/audio/transcriptions`, { method: 'POST', body: form });
    expect(response.status).toBe(200);
  });

  it('refuses audio that is longer than the limit', async () => {
    // 8-bit audio at 8 kHz: 80 s in 640 kB.
    const header = Buffer.from(sample('en-02.wav').bytes.subarray(0, 44));
    header.writeUInt32LE(8000, 24);
    header.writeUInt32LE(8000, 28);
    header.writeUInt16LE(1, 32);
    header.writeUInt16LE(8, 34);
    header.writeUInt32LE(640_000, 40);
    header.writeUInt32LE(640_036, 4);
    await refused(
      await transcriptionRequest(server, Buffer.concat([header, Buffer.alloc(640_000, 128)])),
      413,
      'audio_too_long',
      'file',
    );
  });

  it('knows no other routes, and says so in the same shape', async () => {
    await refused(await server.get('/v1/audio/nope'), 404, 'not_found');
    const wrongMethod = await server.get('/v1/audio/transcriptions');
    expect(wrongMethod.headers.get('allow')).toBe('POST');
    await refused(wrongMethod, 405, 'method_not_allowed');
    await refused(await server.get('/%zz'), 400, 'invalid_request');
  });

  it('loses nothing when clients hang up in the middle of an upload', async () => {
    for (let i = 0; i < 20; i++) {
      await new Promise<void>((resolve, reject) => {
        const socket = connect(server.port, '127.0.0.1', () => {
          socket.write(
            'POST /v1/audio/transcriptions HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=x\r\n' +
              'content-length: 100000\r\n\r\n--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nRIFF',
            () => socket.destroy(),
          );
        });
        socket.once('close', () => {
          resolve();
        });
        socket.once('error', reject);
      });
    }
  });
});
