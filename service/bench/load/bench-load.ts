/**
 * `npm run bench:load`: what the server does with more than it can do, and writes it into docs/load.md.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { measureFairness } from './fairness';
import { LoadClient } from './load-client';
import { measured, withMeasured, type LoadResults } from './load-report';
import { formRequest, withHeaders, type LoadRequest } from './load-request';
import { MeasuredServer } from './measured-server';
import { learnCosts, measureCapacity, measureOverload } from './overload';
import { SeededRandom } from './seeded-random';

const PAGE = 'docs/load.md';
const SAMPLES = 'service/models/whisper-nano/samples';
const SECONDS = 60;
const DEADLINE_SECONDS = 3;
const CAPACITY_SECONDS = 15;
const ATTEMPTS = 3;
/** Largest difference of two capacities of one machine. */
const STEADINESS = 0.1;
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

/** Again while the machine was not as fast after the load as before it: then it says nothing of the server. */
async function measureSteadily(request: LoadRequest): Promise<Pick<LoadResults, 'capacityPerSecond' | 'overload'>> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const measured = await withServer({ STT_REQUEST_TIMEOUT_SECONDS: String(DEADLINE_SECONDS) }, async (client) => {
      await learnCosts(client, request, CAPACITY_SECONDS / 2);
      const before = await measureCapacity(client, request, CAPACITY_SECONDS);
      const load = { perSecond: 2 * before, seconds: SECONDS, deadlineSeconds: DEADLINE_SECONDS };
      const overload = await measureOverload(client, request, load, new SeededRandom(SEED));
      const after = await measureCapacity(client, request, CAPACITY_SECONDS);
      return { capacityPerSecond: [before, after] as const, overload };
    });
    const [before, after] = measured.capacityPerSecond;
    if (Math.abs(after / before - 1) < STEADINESS) return measured;
    console.log(
      `capacity was ${before.toFixed(1)} a second before the load, and ${after.toFixed(1)} after it: once more`,
    );
  }
  throw new Error(`in ${ATTEMPTS} attempts the machine was never as fast after the load as before it: measure later`);
}

async function bench(): Promise<void> {
  const [short, long] = [transcription('en-02.wav'), transcription('long-en.wav')];
  const { capacityPerSecond, overload } = await measureSteadily(short);

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
