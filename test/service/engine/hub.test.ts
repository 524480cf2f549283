import { execFile } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { REPOSITORY } from '../../support/built';
import { NANO, sample } from '../../support/nano';

/** A hub that holds the embedded model under Whisper tiny's name, with Hugging Face's URLs. */
function startHub(): Promise<Server> {
  const server = createServer((request, response) => {
    const file = /^\/onnx-community\/whisper-tiny\/resolve\/main\/([\w./-]+)$/.exec(request.url ?? '')?.[1];
    if (!file || !existsSync(path.join(NANO, file))) {
      response.writeHead(404).end();
      return;
    }
    createReadStream(path.join(NANO, file)).pipe(response);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(server);
    });
  });
}

describe('whisper-stt fetch', () => {
  let hub: Server;
  let store: string;
  const run = (
    args: readonly string[],
    endpoint: string,
  ): Promise<{ code: number | string; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      execFile(
        process.execPath,
        [path.join(REPOSITORY, 'service/bin/whisper-stt.js'), ...args],
        { env: { PATH: process.env.PATH, STT_MODEL: 'tiny', STT_MODEL_STORE: store, HF_ENDPOINT: endpoint } },
        (error, stdout, stderr) => {
          resolve({ code: error?.code ?? 0, stdout, stderr });
        },
      );
    });

  beforeAll(async () => {
    hub = await startHub();
    store = mkdtempSync(path.join(os.tmpdir(), 'store-'));
  });
  afterAll(() => {
    hub.close();
    rmSync(store, { recursive: true });
  });

  it('downloads a model that is then served under its short name, without the hub', async () => {
    const endpoint = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`;
    const fetched = await run(['fetch', 'tiny'], endpoint);
    expect(fetched).toMatchObject({ code: 0, stdout: `${path.join(store, 'onnx-community/whisper-tiny')}\n` });
    const transcribed = await run(['transcribe', path.join(NANO, 'samples/en-01.wav')], 'http://127.0.0.1:9');
    expect(transcribed).toMatchObject({ code: 0, stdout: `${sample('en-01.wav').text}\n` });
  });

  it('says what could not be fetched, and from where', async () => {
    const { code, stderr } = await run(['fetch', 'base'], 'http://127.0.0.1:9');
    expect(code).toBe(70);
    expect(stderr).toMatch(
      /^model_fetch_failed: cannot fetch onnx-community\/whisper-base from http:\/\/127\.0\.0\.1:9/m,
    );
  });
});
