import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import OpenAI, { toFile } from 'openai';
import { METRICS } from '../../lib/metrics';
import { sample } from '../support/nano';
import { scrape } from '../support/scrape';
import { audioForm, ServerProcess } from '../support/server-process';

describe('API keys', () => {
  let folder: string;
  let file: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'keys-'));
    file = path.join(folder, 'api-keys');
    writeFileSync(file, '# agents\nkey-one\n\nkey-two\r\n');
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('open the API to those who give one, and leave probes and metrics open', async () => {
    const server = await ServerProcess.start({ STT_API_KEYS_FILE: file });
    try {
      const client = (apiKey: string): OpenAI => new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 });
      const { bytes, text } = sample('en-02.wav');
      const transcribe = async (apiKey: string): Promise<{ text: string }> =>
        client(apiKey).audio.transcriptions.create({ file: await toFile(bytes, 'a.wav'), model: 'whisper-1' });
      for (const key of ['key-one', 'key-two']) expect(await transcribe(key)).toMatchObject({ text });
      await expect(transcribe('key-three')).rejects.toMatchObject({
        constructor: OpenAI.AuthenticationError,
        status: 401,
        code: 'invalid_api_key',
      });
      const legacy = await fetch(`${server.url}/transcribe`, { method: 'POST', body: audioForm(bytes) });
      expect(legacy.status).toBe(401);
      expect(await legacy.json()).toEqual({ detail: expect.stringContaining('API key') as string });
      for (const route of ['/livez', '/readyz', '/startupz', '/metrics', '/health']) {
        expect((await server.get(route)).status).toBe(200);
      }
      expect((await server.get('/v1/models')).status).toBe(401);
      // Nothing else would show that somebody tries keys, or has a wrong one.
      expect(await scrape(server, METRICS.httpErrors, { code: 'invalid_api_key' })).toBe(3);
      expect(await scrape(server, METRICS.requests)).toBe(2);
    } finally {
      await server.stop();
    }
  });

  it.each([
    ['is not there', undefined],
    ['holds none', '# nothing\n'],
  ])('whose file %s end the server at its start', async (_what, text) => {
    const faulty = path.join(folder, 'faulty');
    rmSync(faulty, { force: true });
    if (text !== undefined) writeFileSync(faulty, text);
    const server = ServerProcess.spawn({ STT_API_KEYS_FILE: faulty });
    expect(await server.exit).toMatchObject({ code: 78 });
    expect(server.output).toMatch(/^configuration_invalid: 1 fault.*\n {2}STT_API_KEYS_FILE: /);
  });
});
