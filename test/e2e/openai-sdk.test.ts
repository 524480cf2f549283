import { createReadStream } from 'node:fs';
import path from 'node:path';
import OpenAI, { toFile } from 'openai';
import { NANO, sample } from '../support/nano';
import { ServerProcess } from '../support/server-process';

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
    await expect(client.models.retrieve('whisper-1')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });
});
