import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import OpenAI, { toFile, type ClientOptions } from 'openai';
import { NANO, sample } from '../support/nano';
import { part, RawConnection, upload } from '../support/raw-connection';
import { ServerProcess, transcriptionRequest } from '../support/server-process';
import { wavFile } from '../support/wav-writer';

const HEADER_BYTES = 44;

/** Two sentences with a pause between them that ends a segment. */
const twoSentences = wavFile({
  data: Buffer.concat([
    sample('en-01.wav').bytes.subarray(HEADER_BYTES),
    Buffer.alloc(2.5 * 32_000),
    sample('en-02.wav').bytes.subarray(HEADER_BYTES),
  ]),
});
const twoTexts = `${sample('en-01.wav').text} ${sample('en-02.wav').text}`;

describe("OpenAI's own SDK, with nothing changed but its base URL", () => {
  let server: ServerProcess;
  let client: OpenAI;
  const { bytes, text } = sample('en-01.wav');

  beforeAll(async () => {
    server = await ServerProcess.start();
    client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'unused', maxRetries: 0 });
  });
  afterAll(() => server.stop());

  it('gets JSON by default', async () => {
    const transcription = await client.audio.transcriptions.create({
      file: await toFile(bytes, 'audio.wav', { type: 'audio/wav' }),
      model: 'gpt-4o-mini-transcribe',
    });
    expect(transcription.text).toBe(text);
    expect(transcription.usage).toEqual({ type: 'duration', seconds: 5 });
  });

  it('gets a string as text', async () => {
    const transcription = await client.audio.transcriptions.create({
      file: await toFile(bytes, 'audio.wav'),
      model: 'whisper-1',
      response_format: 'text',
    });
    expect(transcription).toBe(`${text}\n`);
  });

  it('gets segments as verbose_json', async () => {
    const transcription = await client.audio.transcriptions.create({
      file: await toFile(bytes, 'audio.wav'),
      model: 'whisper-1',
      language: 'en',
      response_format: 'verbose_json',
      timestamp_granularities: ['segment'],
    });
    expect(transcription).toMatchObject({ language: 'english', text });
    expect(transcription.duration).toBeCloseTo(sample('en-01.wav').duration, 1);
    const [segment] = transcription.segments!;
    expect(segment).toMatchObject({ id: 0, temperature: 0, text: ` ${text}` });
    // The sample's speech lies from 0.36 s to 3.7 s.
    expect(segment!.start).toBeCloseTo(0.36, 0);
    expect(segment!.end).toBeCloseTo(3.7, 0);
  });

  it('gets words as verbose_json, alone or beside the segments', async () => {
    const transcribe = async (...granularities: ('word' | 'segment')[]): Promise<OpenAI.Audio.TranscriptionVerbose> =>
      client.audio.transcriptions.create({
        file: await toFile(bytes, 'audio.wav'),
        model: 'whisper-1',
        response_format: 'verbose_json',
        timestamp_granularities: granularities,
      });
    const { words, segments } = await transcribe('word');
    expect(segments).toBeUndefined();
    expect(words!.map(({ word }) => word).join(' ')).toBe(text);
    let end = 0;
    for (const word of words!) {
      expect(word.start).toBeGreaterThanOrEqual(end);
      expect(word.end).toBeGreaterThanOrEqual(word.start);
      end = word.end;
    }
    // The sample's speech lies from 0.36 s to 3.7 s.
    expect(words![0]!.start).toBeCloseTo(0.36, 0);
    expect(end).toBeCloseTo(3.7, 0);
    expect(Object.keys(await transcribe('segment', 'word'))).toEqual(expect.arrayContaining(['segments', 'words']));
  });

  it('has keywords listened for', async () => {
    const transcription = await client.audio.transcriptions.create({
      file: await toFile(bytes, 'audio.wav'),
      model: 'whisper-1',
      ...{ keywords: ['dollars', 'cents'] },
    });
    expect(transcription.text).toBe(text);
  });

  it('streams a file of unknown length in chunks', async () => {
    const file = createReadStream(path.join(NANO, 'samples/en-01.wav'));
    const transcription = await client.audio.transcriptions.create({ file, model: 'whisper-1' });
    expect(transcription.text).toBe(text);
  });

  it('accepts the regional language tags that LiveKit sends', async () => {
    const transcription = await client.audio.transcriptions.create({
      file: await toFile(bytes, 'audio.wav'),
      model: 'whisper-1',
      language: 'en-US',
    });
    expect(transcription.text).toBe(text);
  });

  it('raises its own error class, with message, code and param', async () => {
    const request = client.audio.transcriptions.create({
      file: await toFile(Buffer.from('no audio'), 'a.wav'),
      model: 'whisper-1',
    });
    await expect(request).rejects.toMatchObject({
      constructor: OpenAI.BadRequestError,
      status: 400,
      code: 'unsupported_format',
      param: 'file',
      type: 'invalid_request_error',
      requestID: expect.stringMatching(/^req_/) as string,
    });
  });

  it('lists the model that is loaded, whatever names it answers to', async () => {
    const models = await client.models.list();
    expect(models.data.map(({ id }) => id)).toEqual(['nano']);
    expect(await client.models.retrieve('nano')).toMatchObject({ id: 'nano', object: 'model' });
    // An alias that clients send by default is the loaded model.
    expect(await client.models.retrieve('whisper-1')).toMatchObject({ id: 'nano' });
    await expect(client.models.retrieve('whisper-2')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });

  it('gets subtitles as strings', async () => {
    const transcribe = async (format: 'srt' | 'vtt'): Promise<string> =>
      client.audio.transcriptions.create({
        file: await toFile(bytes, 'audio.wav'),
        model: 'whisper-1',
        response_format: format,
      });
    const withoutTimes = (subtitles: string): string => subtitles.replaceAll(/[\d:.,]+ --> [\d:.,]+/g, 'TIMES');
    expect(withoutTimes(await transcribe('srt'))).toBe(`1\nTIMES\n${text}\n\n`);
    expect(withoutTimes(await transcribe('vtt'))).toBe(`WEBVTT\n\nTIMES\n${text}\n\n`);
  });

  it('gets the log-probability of each token', async () => {
    const { logprobs } = await client.audio.transcriptions.create({
      file: await toFile(bytes, 'audio.wav'),
      model: 'gpt-4o-transcribe',
      include: ['logprobs'],
    });
    expect(
      Buffer.from(logprobs!.flatMap((token) => token.bytes!))
        .toString()
        .trim(),
    ).toBe(text);
    expect(logprobs!.filter(({ logprob }) => !(logprob! <= 0))).toEqual([]);
  });

  it('streams deltas that are the text one after another, and the text in the end', async () => {
    const stream = await client.audio.transcriptions.create({
      file: await toFile(twoSentences, 'audio.wav'),
      model: 'gpt-4o-mini-transcribe',
      include: ['logprobs'],
      stream: true,
    });
    const deltas: string[] = [];
    let done: OpenAI.Audio.TranscriptionTextDoneEvent | undefined;
    for await (const event of stream) {
      if (event.type === 'transcript.text.delta') deltas.push(event.delta);
      else if (event.type === 'transcript.text.done') done = event;
    }
    expect(deltas).toHaveLength(2);
    expect(deltas.join('')).toBe(twoTexts);
    expect(done!.text).toBe(twoTexts);
    expect(done!.logprobs!.length).toBe(done!.usage!.output_tokens);
    expect(done!.usage).toMatchObject({ type: 'tokens' });
    expect(done!.usage!.total_tokens).toBe(done!.usage!.input_tokens + done!.usage!.output_tokens);
  });

  it.each([false, true])('says how long an answer took, as OpenAI does (stream: %s)', async (stream) => {
    const sentAtMs = performance.now();
    const response = await transcriptionRequest(server, bytes, { stream: String(stream) });
    const tookMs = performance.now() - sentAtMs;
    const statedMs = response.headers.get('openai-processing-ms');
    expect(statedMs).toMatch(/^[1-9]\d*$/);
    expect(Number(statedMs)).toBeLessThanOrEqual(Math.ceil(tookMs));
    await response.body?.cancel();
  });

  it('may leave a stream, or give up a request, and be served again', async () => {
    const stream = await client.audio.transcriptions.create({
      file: await toFile(twoSentences, 'audio.wav'),
      model: 'whisper-1',
      stream: true,
    });
    for await (const event of stream) {
      expect(event.type).toBe('transcript.text.delta');
      break;
    }
    const controller = new AbortController();
    const request = client.audio.transcriptions.create(
      { file: await toFile(sample('long-en.wav').bytes, 'audio.wav'), model: 'whisper-1' },
      { signal: controller.signal },
    );
    controller.abort();
    await expect(request).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    const { text: heard } = await client.audio.transcriptions.create({
      file: await toFile(bytes, 'audio.wav'),
      model: 'whisper-1',
    });
    expect(heard).toBe(text);
  });

  it('may send every hint that the contract knows', async () => {
    for (const strategy of ['auto', { type: 'server_vad', silence_duration_ms: 200 }] as const) {
      const { text: heard } = await client.audio.transcriptions.create({
        file: await toFile(bytes, 'audio.wav'),
        model: 'gpt-transcribe',
        language: 'en',
        prompt: 'Prices.',
        temperature: 0,
        chunking_strategy: strategy,
      });
      expect(heard).toBe(text);
    }
  });

  it('gets translations, in every format', async () => {
    const translate = async (format?: 'text' | 'srt' | 'vtt'): Promise<unknown> =>
      client.audio.translations.create({
        file: await toFile(sample('de-01.wav').bytes, 'audio.wav'),
        model: 'whisper-1',
        ...{ response_format: format },
      });
    expect(await translate()).toMatchObject({ text: expect.stringMatching(/\w/) as string });
    expect(await translate('text')).toMatch(/\w.*\n$/);
    expect(await translate('srt')).toMatch(/^1\n\d\d:/);
    expect(await translate('vtt')).toMatch(/^WEBVTT\n\n\d\d:/);
    const verbose = await client.audio.translations.create({
      file: await toFile(sample('de-01.wav').bytes, 'audio.wav'),
      model: 'whisper-1',
      response_format: 'verbose_json',
    });
    expect(verbose).toMatchObject({ task: 'translate', language: 'english', duration: expect.any(Number) as number });
  });

  it('gets what it asked for once where it names a key, and an error where it then asks for something else', async () => {
    const ask = async (file: string): Promise<OpenAI.Audio.Transcription> =>
      client.audio.transcriptions.create(
        { file: await toFile(sample(file).bytes, 'audio.wav'), model: 'whisper-1' },
        { idempotencyKey: 'turn-1', headers: { 'idempotency-key': 'turn-1' } },
      );
    const first = await ask('en-01.wav');
    expect(await ask('en-01.wav')).toEqual(first);
    await expect(ask('en-02.wav')).rejects.toMatchObject({
      constructor: OpenAI.UnprocessableEntityError,
      code: 'idempotency_key_reused',
    });
  });
});

describe("OpenAI's own SDK, at a server with keys and little room", () => {
  let server: ServerProcess;
  let folder: string;
  const { bytes, text } = sample('en-01.wav');
  const stalled: RawConnection[] = [];
  const clientOf = (options: ClientOptions): OpenAI =>
    new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'key-one', maxRetries: 0, ...options });
  const transcribe = async (client: OpenAI, model = 'whisper-1'): Promise<OpenAI.Audio.Transcription> =>
    client.audio.transcriptions.create({ file: await toFile(bytes, 'audio.wav'), model });

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'openai-sdk-'));
    const file = path.join(folder, 'keys');
    writeFileSync(file, 'key-one\nkey-two\n');
    server = await ServerProcess.start({
      STT_API_KEYS_FILE: file,
      STT_MODEL_NAMES: 'known',
      STT_MAX_QUEUE: '1',
      STT_MAX_REQUESTS_PER_CALLER: '2',
      STT_MAX_BODY_BYTES: '3000000',
    });
  });
  afterEach(letGo);
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  /** Long recordings with the second key: they are as many as may be in. */
  async function fill(): Promise<void> {
    for (let count = 1; count <= 2; count++) {
      const connection = await RawConnection.open(server.port);
      stalled.push(connection);
      const recording = part('name="file"; filename="a.wav"', sample('long-en.wav').bytes);
      connection.send(upload([recording], { authorization: 'Bearer key-two' }));
      await server.until(async () => {
        const metrics = await (await server.get('/metrics')).text();
        return new RegExp(`^stt_requests_in_flight ${count}$`, 'm').test(metrics);
      }, 'the recording to be in');
    }
  }

  /** Ends them; there is room when the server has ended its side, too. */
  async function letGo(): Promise<void> {
    for (const { socket } of stalled) socket.end();
    await Promise.all(stalled.splice(0).map((connection) => connection.untilEnded()));
  }

  it('raises the class of each error, with its code', async () => {
    await expect(transcribe(clientOf({ apiKey: 'unknown' }))).rejects.toMatchObject({
      constructor: OpenAI.AuthenticationError,
      code: 'invalid_api_key',
    });
    await expect(transcribe(clientOf({}), 'whisper-2')).rejects.toMatchObject({
      constructor: OpenAI.NotFoundError,
      code: 'model_not_found',
      param: 'model',
    });
    const tooLarge = clientOf({}).audio.transcriptions.create({
      file: await toFile(Buffer.alloc(5_000_000), 'audio.wav'),
      model: 'whisper-1',
    });
    await expect(tooLarge).rejects.toMatchObject({ status: 413, code: 'body_too_large' });
    await fill();
    await expect(transcribe(clientOf({ apiKey: 'key-two' }))).rejects.toMatchObject({
      constructor: OpenAI.RateLimitError,
      code: 'rate_limit_exceeded',
    });
    await expect(transcribe(clientOf({}))).rejects.toMatchObject({
      constructor: OpenAI.InternalServerError,
      status: 503,
      code: 'overloaded',
    });
  });

  it.each([
    [503, 'key-one'],
    [429, 'key-two'],
  ])('tries again by itself after a %s, when it is told to, and is served', async (refusal, apiKey) => {
    await fill();
    const answers: { readonly status: number; readonly atMs: number; readonly retryAfterMs: number }[] = [];
    const watched: typeof fetch = async (url, init) => {
      const response = await fetch(url, init);
      // The SDK also asks fetch whether it knows forms.
      if (!new URL(url instanceof Request ? url.url : url).href.startsWith(server.url)) return response;
      const retryAfterMs = Number(response.headers.get('retry-after-ms'));
      answers.push({ status: response.status, atMs: performance.now(), retryAfterMs });
      await letGo();
      return response;
    };
    const transcription = await transcribe(clientOf({ apiKey, maxRetries: 2, fetch: watched }));
    expect(transcription.text).toBe(text);
    expect(answers.map(({ status }) => status)).toEqual([refusal, 200]);
    const [refused, served] = answers;
    expect(refused!.retryAfterMs).toBeGreaterThan(0);
    expect(served!.atMs - refused!.atMs).toBeGreaterThanOrEqual(refused!.retryAfterMs);
  });
});
