import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ENV, EXIT_CODES, PROBE_PATHS } from '../../../lib/contract';

/** `service`, seen from `build/service/src/cli`. */
const SERVICE = path.resolve(__dirname, '../../../../service');
const SAMPLE = path.join(SERVICE, 'models/whisper-nano/samples/en-01.wav');
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

const USAGE = `Usage: whisper-stt demo

Starts the server on the embedded model, on a port of its own, sends it a sample, prints what came back, and stops it.
Variables of the environment that start with STT_ do not count.

  --help, -h   print this

Exit codes: 0 it worked, 1 it did not, 2 wrong usage.`;

/** Shows the whole chain once: starts the server as a user would, sends it a recording, prints what came back, stops it. */
export async function demo(args: readonly string[]): Promise<number> {
  if (parseArgs({ args: [...args], options: { help: { type: 'boolean', short: 'h' } } }).values.help === true) {
    console.log(USAGE);
    return EXIT_CODES.ok;
  }
  const started = performance.now();
  const server = spawn(process.execPath, [path.join(SERVICE, 'bin/whisper-stt.js'), 'serve'], {
    // On the embedded model, whatever the caller's environment says.
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('STT_'))),
      [ENV.port]: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const url = `http://127.0.0.1:${await listeningPort(server)}`;
    await untilReady(server, url);
    console.log(`Server ready on ${url} after ${seconds(started)} s (model nano, int8).`);

    const sent = performance.now();
    const form = new FormData();
    form.append('file', new Blob([await readFile(SAMPLE)]), path.basename(SAMPLE));
    const response = await fetch(`${url}/transcribe`, { method: 'POST', body: form });
    const body = (await response.json()) as {
      transcription: string;
      confidence: number;
      duration: number;
      detail?: unknown;
    };
    if (!response.ok) throw new Error(`the server answered ${response.status}: ${JSON.stringify(body.detail)}`);
    console.log(
      `Sample ${path.relative(process.cwd(), SAMPLE)} (${body.duration.toFixed(1)} s) came back after ${seconds(sent)} s:`,
    );
    console.log(`\n  "${body.transcription}"   confidence ${body.confidence.toFixed(2)}\n`);
  } finally {
    server.kill('SIGTERM');
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  }
  console.log(`Server stopped with exit code ${server.exitCode}.

Go on:
  npm run serve                       keep the server up, on http://127.0.0.1:8000
  curl -F file=@FILE.wav -F model=whisper-1 http://127.0.0.1:8000/v1/audio/transcriptions
  kubectl apply -f dist/voice-agent-phase5.k8s.yaml
  docs/construct.md, docs/http-api.md, docs/configuration.md`);
  return server.exitCode === 0 ? EXIT_CODES.ok : 1;
}

/** The server's log says which port the system chose. */
async function listeningPort(server: ChildProcess): Promise<number> {
  for await (const line of createInterface({ input: server.stdout! })) {
    const port = /"port":(\d+)/.exec(line)?.[1];
    if (port === undefined) continue;
    server.stdout!.resume();
    return Number(port);
  }
  throw new Error('the server ended before it listened');
}

async function untilReady(server: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!(await fetch(`${url}${PROBE_PATHS.readiness}`)).ok) {
    if (server.exitCode !== null || performance.now() > deadline) throw new Error('the server did not become ready');
    await sleep(POLL_MS);
  }
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(2);
}
