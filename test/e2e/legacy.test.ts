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

  it.each(['temperature=2', 'temperature=hot', 'language=en&language=de'])(
    'refuses ?%s with a detail',
    async (query) => {
      const response = await post(`/transcribe?${query}`, audioForm(bytes));
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ detail: expect.any(String) as string });
    },
  );

  it('logs the session that a caller names', async () => {
    await post('/transcribe', audioForm(bytes), { 'x-session-id': 'session-7' });
    await server.until(() => server.log.some(({ session }) => session === 'session-7'), 'the log line');
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
