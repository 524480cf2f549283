/** Writes docs/openapi.json, as the compiled server answers it with nothing configured. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';

const DOCUMENT = fileURLToPath(new URL('../docs/openapi.json', import.meta.url));
const BIN = fileURLToPath(new URL('../service/bin/whisper-stt.js', import.meta.url));

const server = spawn(process.execPath, [BIN, 'serve'], {
  env: { PATH: process.env.PATH, STT_PORT: '0' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = once(server, 'exit');

/** It listens before its engine is there, and the document does not need one. */
async function portOf(output) {
  for await (const line of createInterface({ input: output })) {
    const { msg, port } = JSON.parse(line);
    if (msg === 'listening') return port;
  }
  throw new Error('the server ended before it listened: run `npm run build`');
}

try {
  const port = await portOf(server.stdout);
  const document = await (await globalThis.fetch(`http://127.0.0.1:${port}/openapi.json`)).text();
  const options = await prettier.resolveConfig(DOCUMENT);
  writeFileSync(DOCUMENT, await prettier.format(document, { ...options, filepath: DOCUMENT }));
} finally {
  server.kill();
  await ended;
}
