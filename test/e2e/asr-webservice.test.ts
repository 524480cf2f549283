import type { AsrJson } from '../../service/src/text/asr-json';
import { sample } from '../support/nano';
import { ServerProcess } from '../support/server-process';

describe('whisper-asr-webservice', () => {
  let server: ServerProcess;
  const { bytes, text, end } = sample('en-01.wav');
  const spanish = sample('es-01.wav');
  /** The header of the samples is 44 bytes; behind it is what `encode=false` takes. */
  const rawSamples = bytes.subarray(44);

  beforeAll(async () => {
    server = await ServerProcess.start();
  });
  afterAll(() => server.stop());

  const post = (route: string, file: Uint8Array | undefined, filename = 'speech.wav'): Promise<Response> => {
    const form = new FormData();
    if (file) form.append('audio_file', new Blob([Uint8Array.from(file)]), filename);
    else form.append('other', 'field');
    return fetch(`${server.url}${route}`, { method: 'POST', body: form });
  };
  const time = String.raw`(?:\d\d:)?\d\d:\d\d[.,]\d{3}`;
  const withoutTimes = (file: string): string => file.replaceAll(new RegExp(time, 'g'), 'TIME');

  it.each([
    ['txt', `${text}\n`],
    ['srt', `1\nTIME --> TIME\n${text}\n\n`],
    ['vtt', `WEBVTT\n\nTIME --> TIME\n${text}\n\n`],
  ])('writes %s, as a file to download, and says what wrote it', async (output, expected) => {
    const response = await post(`/asr?output=${output}`, bytes);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('asr-engine')).toBe('whisper-stt');
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="speech.wav.${output}"`);
    expect(response.headers.get('content-length')).not.toBeNull();
    const written = await response.text();
    expect(withoutTimes(written)).toBe(expected);
    // As openai/whisper writes them: SRT with hours, WebVTT with those that there are.
    expect(/^\d\d:\d\d:\d\d/m.test(written)).toBe(output === 'srt');
  });

  it('writes txt where nothing else is asked for', async () => {
    expect(await (await post('/asr', bytes)).text()).toBe(`${text}\n`);
  });

  it('writes tsv, with whole milliseconds', async () => {
    const [header, row, rest] = (await (await post('/asr?output=tsv', bytes)).text()).split('\n');
    expect(header).toBe('start\tend\ttext');
    const [startMs, endMs, written] = row!.split('\t');
    expect(written).toBe(text);
    expect(Number(startMs)).toBeLessThan(Number(endMs));
    expect(Number(endMs)).toBeGreaterThan(end! * 1000 - 500);
    expect(rest).toBe('');
  });

  it("writes json as openai/whisper does, typed as text, the language's code in it", async () => {
    const response = await post('/asr?output=json', bytes);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const json = (await response.json()) as AsrJson;
    expect(Object.keys(json)).toEqual(['text', 'segments', 'language']);
    expect(json).toMatchObject({ text, language: 'en' });
    expect(json.segments).toHaveLength(1);
    expect(json.segments[0]).toMatchObject({ id: 0, text: ` ${text}`, temperature: 0 });
    expect(json.segments[0]).not.toHaveProperty('words');
  });

  it('times words where it is asked to', async () => {
    const json = (await (await post('/asr?output=json&word_timestamps=true', bytes)).json()) as AsrJson;
    const [{ words, start, end: endS }] = json.segments as [AsrJson['segments'][number]];
    expect(words!.map(({ word }) => word).join('')).toBe(` ${text}`);
    expect(words![0]!.start).toBe(start);
    expect(words!.at(-1)!.end).toBe(endS);
  });

  it("lays subtitles out by words, with openai/whisper's options", async () => {
    const lines = withoutTimes(
      await (await post('/asr?output=srt&max_line_width=24&max_line_count=2', bytes)).text(),
    ).split('\n');
    const shown = lines.filter((line) => /[a-z]/.test(line));
    expect(shown.length).toBeGreaterThan(2);
    expect(shown.join(' ')).toBe(text);
    for (const line of shown) expect(line.length).toBeLessThanOrEqual(24);
    const words = withoutTimes(await (await post('/asr?output=vtt&max_words_per_line=1', bytes)).text());
    expect(words).toBe(
      `WEBVTT\n\n${text
        .split(' ')
        .map((word) => `TIME --> TIME\n${word}\n\n`)
        .join('')}`,
    );
  });

  it('takes samples without a header where encode is false, as home automation sends them', async () => {
    expect(await (await post('/asr?encode=false', rawSamples)).text()).toBe(`${text}\n`);
    expect(await (await post('/asr?encode=False&output=txt', rawSamples, 'blob')).text()).toBe(`${text}\n`);
    // The header is then 22 samples of noise.
    expect(await (await post('/asr?encode=0', bytes)).text()).toBe(`${text}\n`);
  });

  it('detects the language, or hears the one that is named', async () => {
    const languageOf = async (query: string): Promise<string> =>
      ((await (await post(`/asr?output=json${query}`, spanish.bytes)).json()) as AsrJson).language;
    expect(await languageOf('')).toBe('es');
    expect(await languageOf('&language=')).toBe('es');
    expect(await languageOf('&language=en')).toBe('en');
  });

  it('takes a prompt, a task, and what has no effect here', async () => {
    const query =
      'initial_prompt=I+want+to+pay&task=transcribe&vad_filter=true&diarize=false&min_speakers=1&video_file=x';
    expect(await (await post(`/asr?${query}`, bytes)).text()).toBe(`${text}\n`);
    expect((await post('/asr?task=translate&output=json', spanish.bytes)).status).toBe(200);
  });

  it.each([
    ['spaces and quotes', 'a b"c.wav', 'a%20b%22c.wav'],
    ['line feeds', '\r\nset-cookie: x.wav', '%0D%0Aset-cookie%3A%20x.wav'],
    ['folders', '../../etc/passwd', 'passwd'],
    ['other scripts', 'grüße 日本.mp3', 'gr%C3%BC%C3%9Fe%20%E6%97%A5%E6%9C%AC.mp3'],
    ['10 000 characters', 'x'.repeat(10_000), 'x'.repeat(255)],
  ])('quotes a name with %s for its header', async (_what, name, quoted) => {
    // Undici escapes what a name may not hold as browsers do, with percent signs: this is what others may send.
    const boundary = 'boundary';
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="audio_file"; filename*=UTF-8''${encodeURIComponent(name)}\r\n\r\n`;
    const response = await fetch(`${server.url}/asr`, {
      method: 'POST',
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      body: Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
    });
    expect(await response.text()).toBe(`${text}\n`);
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${quoted}.txt"`);
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  it('tells the language alone, with its name, its code and its probability', async () => {
    const response = await post('/detect-language', spanish.bytes);
    expect(response.headers.get('content-type')).toMatch(/^application\/json\b/);
    const body = (await response.json()) as { confidence: number };
    expect(body).toEqual({
      detected_language: 'spanish',
      language_code: 'es',
      confidence: expect.any(Number) as number,
    });
    expect(body.confidence).toBeGreaterThan(0.5);
    expect(body.confidence).toBeLessThanOrEqual(1);
    expect(await (await post('/detect-language?encode=false', rawSamples)).json()).toMatchObject({
      language_code: 'en',
    });
  });

  it('is not at all sure of a language where nobody speaks', async () => {
    const silence = sample('silence.wav').bytes;
    expect(await (await post('/detect-language', silence)).json()).toMatchObject({ confidence: 0 });
    expect(await (await post('/asr', silence)).text()).toBe('');
    expect(await (await post('/asr?output=vtt', silence)).text()).toBe('WEBVTT\n\n');
  });

  it('sends who opens it in a browser to the documentation', async () => {
    const response = await fetch(`${server.url}/`, { redirect: 'manual' });
    expect(response.status).toBe(307);
    expect(response.headers.get('location')).toBe('/docs');
    expect((await fetch(`${server.url}/`)).status).toBe(200);
  });

  it.each([
    ['/asr', undefined, ['body', 'audio_file'], 'Field required', null],
    ['/detect-language', undefined, ['body', 'audio_file'], 'Field required', null],
    ['/asr?output=doc', bytes, ['query', 'output'], /"doc", expected one of txt, vtt, srt, tsv, json/, 'doc'],
    [
      '/asr?task=summarize',
      bytes,
      ['query', 'task'],
      /"summarize", expected one of transcribe, translate/,
      'summarize',
    ],
    ['/asr?word_timestamps=perhaps', bytes, ['query', 'word_timestamps'], /"perhaps"/, 'perhaps'],
    ['/asr?max_line_width=0', bytes, ['query', 'max_line_width'], /"?0"?/, '0'],
    // The last one counts, and is what is wrong.
    ['/asr?max_line_count=2&max_line_count=%C3%A9+a', bytes, ['query', 'max_line_count'], /"é a"/, 'é a'],
    ['/detect-language?encode=maybe', bytes, ['query', 'encode'], /"maybe"/, 'maybe'],
  ])('refuses %s with a fault as FastAPI lists them', async (route, file, loc, message, input) => {
    const response = await post(route, file);
    expect(response.status).toBe(422);
    const msg = message instanceof RegExp ? (expect.stringMatching(message) as string) : message;
    expect(await response.json()).toEqual({ detail: [{ type: expect.any(String) as string, loc, msg, input }] });
  });

  it.each([
    ['bytes that are no audio', '/asr', Buffer.from('hello there'), 400],
    ['an empty file', '/asr?encode=false', Buffer.alloc(0), 400],
    ['an unknown language', '/asr?language=klingon', bytes, 400],
    ['bytes of no language', '/detect-language', Buffer.from('hello there'), 400],
  ])('refuses %s with a sentence', async (_what, route, file, status) => {
    const response = await post(route, file);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ detail: expect.stringMatching(/.{10}/) as string });
  });
});
