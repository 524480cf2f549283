import { sample } from '../support/nano';
import { audioForm, ServerProcess } from '../support/server-process';

describe('the routes of the replaced service', () => {
  let server: ServerProcess;
  const { bytes, text, duration } = sample('en-01.wav');
  const post = (route: string, body: FormData, headers = {}): Promise<Response> =>
    fetch(`${server.url}${route}`, { method: 'POST', body, headers });

  beforeAll(async () => {
    server = await ServerProcess.start();
  });
  afterAll(() => server.stop());

  it('answers /transcribe field for field, with a measured confidence', async () => {
    const response = await post('/transcribe?language=en', audioForm(bytes));
    const body = (await response.json()) as Record<string, unknown>;
    expect(body).toEqual({
      transcription: text,
      language: 'en',
      duration: expect.closeTo(duration, 1) as number,
      confidence: expect.any(Number) as number,
      model: 'nano',
      processing_time: expect.any(Number) as number,
    });
    expect(body.confidence).toBeGreaterThan(0.5);
    expect(body.confidence).toBeLessThan(1);
    expect(body.confidence).not.toBe(0.95);
    // Its Go client does not read a chunked body to the end.
    expect(response.headers.get('content-length')).not.toBeNull();
  });

  it('is less confident where it hears less well', async () => {
    const confidence = async (file: string): Promise<number> => {
      const response = await post('/transcribe', audioForm(sample(file).bytes));
      return ((await response.json()) as { confidence: number }).confidence;
    };
    // The model gets the first one right and the second one wrong.
    expect(await confidence('en-01.wav')).toBeGreaterThan(await confidence('en-20.wav'));
  });

  it('ignores temperature and threads in the form, as it always has', async () => {
    const response = await post('/transcribe', audioForm(bytes, { language: 'en', threads: '4', temperature: 'hot' }));
    expect(await response.json()).toMatchObject({ transcription: text });
  });

  it('marks audio without speech in its own words, without a confidence', async () => {
    const response = await post('/transcribe', audioForm(sample('silence.wav').bytes));
    expect(await response.json()).toMatchObject({ transcription: '[No speech detected]', confidence: null });
  });

  it.each([
    ['an empty file', audioForm(Buffer.alloc(0)), 400, 'Empty audio file'],
    ['bytes that are no audio', audioForm(Buffer.from('hello there')), 400, /^Audio conversion failed: /],
    ['no file', new FormData(), 422, [{ type: 'missing', loc: ['body', 'file'], msg: 'Field required', input: null }]],
  ])('answers %s with a detail', async (_what, form, status, detail) => {
    form.append('language', 'en');
    const response = await post('/transcribe', form);
    expect(response.status).toBe(status);
    const body = (await response.json()) as { detail: unknown };
    expect(body).toEqual({ detail: detail instanceof RegExp ? (expect.stringMatching(detail) as string) : detail });
  });

  it.each(['temperature=2', 'temperature=hot'])('refuses ?%s with a fault as FastAPI lists them', async (query) => {
    const response = await post(`/transcribe?${query}`, audioForm(bytes));
    expect(response.status).toBe(422);
    const [value] = query.split('=').slice(1);
    const msg = expect.stringContaining(value!) as string;
    const detail = [{ type: expect.any(String) as string, loc: ['query', 'temperature'], msg, input: value }];
    expect(await response.json()).toEqual({ detail });
  });

  it('refuses a language that is none with a detail', async () => {
    const response = await post('/transcribe?language=klingon', audioForm(bytes));
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ detail: expect.stringContaining('klingon') as string });
  });

  it('logs the session that a caller names', async () => {
    await post('/transcribe', audioForm(bytes), { 'x-session-id': 'session-7' });
    await server.until(() => server.log.some(({ session }) => session === 'session-7'), 'the log line');
  });

  it("logs the session that a caller names in the file's part, as the replaced service read it", async () => {
    const part = 'content-disposition: form-data; name="file"; filename="audio.wav"\r\nX-Session-ID: session-8\r\n';
    const response = await fetch(`${server.url}/transcribe`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      body: Buffer.concat([Buffer.from(`--b\r\n${part}\r\n`), bytes, Buffer.from('\r\n--b--\r\n')]),
    });
    expect(await response.json()).toMatchObject({ transcription: text });
    await server.until(() => server.log.some(({ session }) => session === 'session-8'), 'the log line');
  });

  describe('/transcribe/batch', () => {
    const batch = (...files: readonly (readonly [name: string, bytes: Uint8Array])[]): FormData => {
      const form = new FormData();
      for (const [name, content] of files) form.append('files', new Blob([Uint8Array.from(content)]), name);
      form.append('threads', '4');
      return form;
    };
    const transcript = (transcription: unknown): object => ({
      transcription,
      language: 'en',
      duration: expect.any(Number) as number,
      confidence: expect.any(Number) as number,
      model: 'nano',
      processing_time: expect.any(Number) as number,
    });
    const fault = (transcription: unknown): object => ({
      transcription,
      language: 'en',
      duration: 0,
      confidence: null,
      model: 'nano',
      processing_time: 0,
    });

    it('answers each file in its place, and a bad one does not fail the others', async () => {
      const second = sample('en-02.wav');
      const response = await post(
        '/transcribe/batch',
        batch(
          ['one.wav', bytes],
          ['words.txt', Buffer.from('hello there')],
          ['empty.wav', Buffer.alloc(0)],
          ['silence.wav', sample('silence.wav').bytes],
          ['two.wav', second.bytes],
        ),
      );
      expect(response.status).toBe(200);
      expect(response.headers.get('content-length')).not.toBeNull();
      expect(await response.json()).toEqual([
        transcript(text),
        fault(expect.stringMatching(/^\[Error: Audio conversion failed: .*\]$/)),
        fault('[Error: Empty audio file]'),
        { ...transcript('[No speech detected]'), confidence: null },
        transcript(second.text),
      ]);
    });

    it('gives the memory of its files back', async () => {
      // 28 MiB each time: together more than the 64 MiB that uploads may take.
      const large = batch(...Array.from({ length: 14 }, (_, n) => [`${n}.wav`, sample('long-en.wav').bytes] as const));
      for (let round = 0; round < 3; round++) {
        const response = await post('/transcribe/batch?language=tlh', large);
        expect(response.status).toBe(400);
      }
      expect((await post('/transcribe', audioForm(bytes))).status).toBe(200);
    });

    it.each([
      ['no file', batch(), 422, [{ type: 'missing', loc: ['body', 'files'], msg: 'Field required', input: null }]],
      ['a file of another name', audioForm(bytes), 422, expect.any(Array)],
      [
        'more files than it may have',
        batch(...Array<[string, Uint8Array]>(33).fill(['a.wav', bytes])),
        400,
        /32 files/,
      ],
    ])('refuses %s', async (_what, form, status, detail) => {
      form.append('language', 'en');
      const response = await post('/transcribe/batch', form);
      expect(response.status).toBe(status);
      const expected = detail instanceof RegExp ? (expect.stringMatching(detail) as string) : detail;
      expect(await response.json()).toEqual({ detail: expected });
    });

    it('refuses a language that is none, for all of them at once', async () => {
      const response = await post('/transcribe/batch?language=klingon', batch(['one.wav', bytes]));
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ detail: expect.stringContaining('klingon') as string });
    });
  });

  it('answers /models with the one that is loaded', async () => {
    const response = await server.get('/models');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      current_model: 'nano',
      model_loaded: true,
      model_size: expect.stringMatching(/^\d+\.\d MB$/) as string,
      available_models: ['nano'],
    });
  });

  it('does not show its log to callers', async () => {
    expect((await server.get('/logs?session_id=session-7')).status).toBe(404);
  });

  it('answers /health with 200 and its four fields', async () => {
    const response = await server.get('/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'healthy',
      model_loaded: true,
      model_size: expect.stringMatching(/^\d+\.\d MB$/) as string,
      uptime: expect.any(Number) as number,
    });
  });

  it('keeps the four series of its metrics, and counts in them', async () => {
    const value = async (series: string): Promise<number> => {
      const text = await (await server.get('/metrics')).text();
      return Number(new RegExp(`^${series} (\\S+)$`, 'm').exec(text)?.[1]);
    };
    const read = async (): Promise<number[]> =>
      Promise.all(
        [
          'stt_transcription_requests_total',
          'stt_transcription_errors_total',
          'stt_transcription_duration_seconds_count',
          'stt_audio_duration_seconds_sum',
        ].map(value),
      );
    const before = await read();
    await post('/transcribe', audioForm(bytes));
    await post('/transcribe', audioForm(Buffer.from('hello there')));
    const after = await read();
    expect(after[0]! - before[0]!).toBe(2);
    expect(after[1]! - before[1]!).toBe(1);
    expect(after[2]! - before[2]!).toBe(1);
    expect(after[3]! - before[3]!).toBeCloseTo(duration, 1);
  });
});
