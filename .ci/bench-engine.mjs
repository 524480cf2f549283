/**
 * What the engine's memory settings (service/src/engine/engine-environment.ts) are worth: time of an utterance, and
 * anonymous memory of both processes at rest after ten of them, with the settings and with each taken away.
 *
 * And what the layouts of its threads are worth, on all CPUs (service/bench/engine/bench-layouts.ts), where
 * WHISPER_TINY_SHAPED names a folder.
 *
 * The settings on one CPU, on the embedded model and, where WHISPER_TINY_SHAPED names their folder, on weights of Whisper tiny's
 * shapes. Leave the machine alone meanwhile; figures of two runs differ.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const { Blob, FormData, fetch } = globalThis;

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const SAMPLE = readFileSync(path.join(REPOSITORY, 'service/models/whisper-nano/samples/en-01.wav'));
const UTTERANCES = 10;
/** The engine collects its garbage after a tenth of this. */
const REST_MS = 1000;

const SETTINGS = {
  'as it is': {},
  'without huge pages': { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=0' },
  // What malloc raises its thresholds to by itself when nothing is stated, once it has seen large tensors freed.
  'without giving memory back': { MALLOC_MMAP_THRESHOLD_: String(2 ** 25), MALLOC_TRIM_THRESHOLD_: String(2 ** 26) },
};

const tiny = process.env.WHISPER_TINY_SHAPED ?? '';
const MODELS = { 'nano, int8': { STT_MODEL: 'nano', STT_QUANTIZATION: 'int8' } };
if (existsSync(path.join(tiny, 'config.json'))) {
  const store = { STT_MODEL: path.basename(tiny), STT_MODEL_STORE: path.dirname(path.resolve(tiny)) };
  MODELS["tiny's shapes, int8"] = { ...store, STT_QUANTIZATION: 'int8' };
  MODELS["tiny's shapes, fp32"] = { ...store, STT_QUANTIZATION: 'fp32' };
}

async function startServer(environment) {
  const server = spawn('taskset', ['-c', '0', process.execPath, 'service/bin/whisper-stt.js', 'serve'], {
    cwd: REPOSITORY,
    env: { ...process.env, STT_PORT: '0', STT_LOG_LEVEL: 'info', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let log = '';
  server.stdout.setEncoding('utf8').on('data', (text) => (log += text));
  while (!log.includes('engine ready')) {
    if (server.exitCode !== null) throw new Error(`the server did not start: ${log}`);
    await sleep(50);
  }
  const lines = log.split('\n').filter(Boolean);
  const { port } = lines.map((line) => JSON.parse(line)).find(({ msg }) => msg === 'listening');
  return { server, url: `http://127.0.0.1:${port}` };
}

async function transcribe(url) {
  const body = new FormData();
  body.set('file', new Blob([SAMPLE]), 'en-01.wav');
  body.set('model', 'whisper-1');
  // One temperature: random weights would fall back to hotter ones.
  body.set('temperature', '0.01');
  const started = performance.now();
  const response = await fetch(`${url}/v1/audio/transcriptions`, { method: 'POST', body });
  if (response.status !== 200) throw new Error(await response.text());
  await response.json();
  return performance.now() - started;
}

/** Of a process and its children, in MiB. */
function anonymousMebibytes(pid) {
  const own = Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return children.map(anonymousMebibytes).reduce((sum, each) => sum + each, own);
}

if (spawnSync('taskset', ['--version']).error) throw new Error('taskset (util-linux) is missing: Linux alone has it');
for (const [model, choice] of Object.entries(MODELS)) {
  for (const [setting, environment] of Object.entries(SETTINGS)) {
    const { server, url } = await startServer({ ...choice, ...environment });
    const times = [];
    for (let i = 0; i < UTTERANCES; i++) times.push(await transcribe(url));
    await sleep(REST_MS);
    const median = times.sort((a, b) => a - b)[UTTERANCES / 2];
    const resting = anonymousMebibytes(server.pid);
    console.log(
      `${model.padEnd(22)}${setting.padEnd(28)}${median.toFixed(0).padStart(6)} ms${resting.toFixed(0).padStart(6)} MiB`,
    );
    server.kill('SIGTERM');
    await new Promise((resolve) => server.once('exit', resolve));
  }
}
if (tiny !== '') {
  const layouts = spawnSync(process.execPath, ['build/service/bench/engine/bench-layouts.js', tiny], {
    cwd: REPOSITORY,
    stdio: 'inherit',
  });
  process.exitCode = layouts.status ?? 1;
}
