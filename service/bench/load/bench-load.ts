/**
 * `npm run bench:load`: what the server does with more than it can do, and writes it into docs/load.md.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { measureFairness } from './fairness';
import { LoadClient } from './load-client';
import { measured, withMeasured } from './load-report';
import { formRequest, withHeaders, type LoadRequest } from './load-request';
import { MeasuredServer } from './measured-server';
import { measureCapacity, measureOverload } from './overload';
import { SeededRandom } from './seeded-random';

const PAGE = 'docs/load.md';
const SAMPLES = 'service/models/whisper-nano/samples';
const SECONDS = 60;
const DEADLINE_SECONDS = 3;
const TIMES = 40;
const SEED = 1;
/** In which the others' requests come in; the first of them are being decoded then. */
const COMING_IN_MS = 1_000;
const KEYS = { flooder: 'flooding', occasional: 'occasional' };

function transcription(file: string): LoadRequest {
  const audio = { name: file, bytes: readFileSync(path.join(SAMPLES, file)) };
  return formRequest('/v1/audio/transcriptions', audio, { language: 'en' });
}

async function withServer<Result>(
  environment: Readonly<Record<string, string>>,
  measure: (client: LoadClient) => Promise<Result>,
): Promise<Result> {
  const server = await MeasuredServer.start(environment);
  const client = new LoadClient(server.port);
  try {
    return await measure(client);
  } finally {
    client.close();
    await server.stop();
  }
}

async function bench(): Promise<void> {
  const [short, long] = [transcription('en-02.wav'), transcription('long-en.wav')];
  const { capacityPerSecond, overload } = await withServer(
    { STT_REQUEST_TIMEOUT_SECONDS: String(DEADLINE_SECONDS) },
    async (client) => {
      const capacity = await measureCapacity(client, short, SECONDS / 2);
      const load = { perSecond: 2 * capacity, seconds: SECONDS, deadlineSeconds: DEADLINE_SECONDS };
      return {
        capacityPerSecond: capacity,
        overload: await measureOverload(client, short, load, new SeededRandom(SEED)),
      };
    },
  );

  const folder = mkdtempSync(path.join(os.tmpdir(), 'bench-load-'));
  try {
    const keysFile = path.join(folder, 'keys');
    writeFileSync(
      keysFile,
      Object.entries(KEYS)
        .map((line) => `${line.join(' ')}\n`)
        .join(''),
    );
    const of = (key: keyof typeof KEYS, request: LoadRequest): LoadRequest =>
      withHeaders(request, { authorization: `Bearer ${KEYS[key]}` });
    const beside = (request: LoadRequest, concurrency: number): ReturnType<typeof measureFairness> =>
      withServer({ STT_API_KEYS_FILE: keysFile, STT_REQUEST_TIMEOUT_SECONDS: '300' }, (client) =>
        measureFairness(client, of('occasional', short), TIMES, {
          request,
          concurrency,
          isIn: () => sleep(COMING_IN_MS),
        }),
      );
    const flood = await beside(of('flooder', short), 48);
    const longFiles = await beside(of('occasional', long), 4);

    const results = {
      date: new Date().toISOString().slice(0, 10),
      machine: `${os.cpus().length} CPUs (${os.cpus()[0]!.model}) that the load shares, Node.js ${process.versions.node}, the embedded model in int8`,
      capacityPerSecond,
      deadlineSeconds: DEADLINE_SECONDS,
      overload,
      flood,
      longFiles,
    };
    console.log(measured(results));
    writeFileSync(PAGE, withMeasured(readFileSync(PAGE, 'utf8'), results));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

void bench();
