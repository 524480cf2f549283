/**
 * `npm run bench:long-run`: whether the server's memory grows under load that does not end, and writes it into docs/load.md.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { compileModel } from '../../src/compiler/compile-model';
import { compiledVariantFor } from '../../src/engine/compiled-variant';
import { hasInt8DotProducts } from '../../src/engine/cpu-features';
import { imageMemorySettings } from '../image-memory-settings';
import { withPart } from '../markdown-page';
import { LoadClient } from './load-client';
import { formRequest, type LoadRequest } from './load-request';
import { growthOf, longRun, type PartOfRun } from './long-run';
import { longRunText, mebibytes } from './long-run-report';
import { MeasuredServer } from './measured-server';
import { SeededRandom } from './seeded-random';

const PAGE = 'docs/load.md';
const WRITTEN = { begin: '<!-- long run: written by `npm run bench:long-run` -->', end: '<!-- /long run -->' };
const EMBEDDED = 'service/models/whisper-nano';
const SAMPLES = path.join(EMBEDDED, 'samples');
const SEED = 1;
/** Medians of parts differ by as much with what is drawn in them. */
const MOST_GROWTH = 0.05;
/** Shorter runs are not written down. */
const WRITTEN_FROM_MINUTES = 10;

const USAGE = `npm run bench:long-run [-- OPTIONS]
  --minutes N   how long (20); from 10 on it is written into docs/load.md
  --clients N   requests that are in at once (8)
  --model DIR   a model as Hugging Face publishes it in single precision (the embedded one)`;

/** Long and short, as text and with the times of words, whole and as it is decoded. */
function requests(): LoadRequest[] {
  const files = ['en-02.wav', 'en-09.wav', 'de-01.wav', 'es-01.wav', 'long-en.wav'].map((name) => ({
    name,
    bytes: readFileSync(path.join(SAMPLES, name)),
  }));
  const forms: Readonly<Record<string, string>>[] = [
    { response_format: 'json' },
    { response_format: 'verbose_json', 'timestamp_granularities[]': 'word' },
    { response_format: 'json', stream: 'true' },
    { response_format: 'srt' },
  ];
  // One temperature: random weights would fall back to hotter ones, and do nothing but that.
  const fields = { language: 'en', temperature: '0.01' };
  return files.flatMap((file) =>
    forms.map((form) => formRequest('/v1/audio/transcriptions', file, { ...fields, ...form })),
  );
}

async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '20' },
      clients: { type: 'string', default: '8' },
      model: { type: 'string', default: EMBEDDED },
    },
  });
  const [minutes, clients] = [Number(values.minutes), Number(values.clients)];
  if (!(minutes > 0) || !(Number.isInteger(clients) && clients > 0)) throw new RangeError(USAGE);

  const store = mkdtempSync(path.join(os.tmpdir(), 'long-run-'));
  try {
    const model = path.basename(path.resolve(values.model));
    await compileModel(values.model, path.join(store, model), [compiledVariantFor('int8', hasInt8DotProducts())]);
    const server = await MeasuredServer.start({
      ...imageMemorySettings('service/Dockerfile'),
      STT_MODEL_STORE: store,
      STT_MODEL: model,
      STT_REQUEST_TIMEOUT_SECONDS: '600',
    });
    const client = new LoadClient(server.port);
    try {
      const say = ({ answers, medianBytes, mostBytes }: PartOfRun): void => {
        console.log(`${answers} answers, ${mebibytes(medianBytes)} (median), ${mebibytes(mostBytes)} (most)`);
      };
      const load = { seconds: 60 * minutes, clients };
      const run = await longRun({ pid: server.pid, client }, requests(), load, new SeededRandom(SEED), say);
      const text = longRunText(run, {
        date: new Date().toISOString().slice(0, 10),
        machine: `${os.cpus().length} CPUs (${os.cpus()[0]!.model}), Node.js ${process.versions.node}`,
        model,
      });
      console.log(text);
      if (minutes >= WRITTEN_FROM_MINUTES) writeFileSync(PAGE, withPart(readFileSync(PAGE, 'utf8'), WRITTEN, text));
      if (growthOf(run) > MOST_GROWTH) process.exitCode = 1;
    } finally {
      client.close();
      await server.stop();
    }
  } finally {
    rmSync(store, { recursive: true });
  }
}

void bench();
