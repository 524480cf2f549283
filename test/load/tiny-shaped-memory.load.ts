import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { closedLoop } from '../../service/bench/load/closed-loop';
import { LoadClient } from '../../service/bench/load/load-client';
import { formRequest, type LoadRequest } from '../../service/bench/load/load-request';
import { ControlGroup, onlineCpus } from '../support/cgroup';
import { CompiledStore } from '../support/compiled-store';
import { describeUnless } from '../support/describe-unless';
import { sample } from '../support/nano';
import { untilIdle } from '../support/processes';
import { ServerProcess } from '../support/server-process';

/** Weights of Whisper tiny's shapes, but random: test/e2e/tiny-shaped.test.ts. */
const TINY_SHAPED = process.env.WHISPER_TINY_SHAPED ?? '';
const MEBIBYTE = 2 ** 20;
const MEMORY_BYTES = 700 * MEBIBYTE;
const PEAK_BYTES = 650 * MEBIBYTE;
/** docs/hpa-ratchet.md: from here on the autoscaler never comes back to 2 pods. */
const RATCHET_BYTES = 329 * MEBIBYTE;
const REQUESTS = 20;
const EVERY_LONG = 4;
const CONCURRENCY = 16;
const MOST_REST_MS = 60_000;
const LOOK_MS = 10;

const unavailable = existsSync(path.join(TINY_SHAPED, 'config.json'))
  ? ControlGroup.unavailable()
  : `WHISPER_TINY_SHAPED=${TINY_SHAPED} holds no model`;

describeUnless(unavailable, "the memory of a model of Whisper tiny's shapes, in 8 bits, under a 700Mi limit", () => {
  it(`stays below the limit with ${CONCURRENCY} requests at once, and comes back`, async () => {
    const group = ControlGroup.create(`whisper-stt-load-${process.pid}`, {
      memoryBytes: MEMORY_BYTES,
      cpus: onlineCpus(),
    });
    // As the image holds it.
    const store = await CompiledStore.of(TINY_SHAPED, ['int8', 'int7']);
    const server = ServerProcess.spawn(
      {
        STT_MODEL: 'tiny-shaped',
        STT_MODEL_STORE: store.path,
        STT_QUANTIZATION: 'int8',
        STT_REQUEST_TIMEOUT_SECONDS: '600',
      },
      group.wrap,
    );
    try {
      await server.untilReady();
      const { enginePid } = server;
      await untilIdle(enginePid);
      const startBytes = group.workingSetBytes();
      const client = new LoadClient(server.port);
      const request = (name: string, fields: Readonly<Record<string, string>> = {}): LoadRequest =>
        formRequest(
          '/v1/audio/transcriptions',
          { name, bytes: sample(name).bytes },
          // One temperature: random weights would fall back to hotter ones.
          { language: 'en', temperature: '0.01', ...fields },
        );
      const short = request('en-02.wav');
      // Of as many tokens as there may be, which are read once more for the times of their words.
      const long = request('long-en.wav', { response_format: 'verbose_json', 'timestamp_granularities[]': 'word' });
      const seen = { isDone: false, peakBytes: 0 };
      const watching = (async (): Promise<void> => {
        while (!seen.isDone) {
          seen.peakBytes = Math.max(seen.peakBytes, group.workingSetBytes());
          await sleep(LOOK_MS);
        }
      })();
      let begun = 0;
      const statuses: number[] = [];
      await closedLoop(CONCURRENCY, () =>
        begun++ < REQUESTS
          ? client.send(begun % EVERY_LONG === 0 ? long : short).then(({ status }) => void statuses.push(status))
          : undefined,
      );
      seen.isDone = true;
      await watching;
      client.close();
      await server.untilOneEngine();
      await untilIdle(enginePid);
      const idleBytes = group.workingSetBytes();
      const idleAt = performance.now();
      // It gives memory back for half a minute: the audio's thread is renewed then.
      let restMs = 0;
      while (group.workingSetBytes() >= RATCHET_BYTES && restMs < MOST_REST_MS) {
        await sleep(LOOK_MS);
        restMs = performance.now() - idleAt;
      }
      const restBytes = group.workingSetBytes();
      const mebibytes = (bytes: number): string => `${(bytes / MEBIBYTE).toFixed(0)}Mi`;
      console.log(
        `working set: ${mebibytes(startBytes)} after the start, ${mebibytes(seen.peakBytes)} at most, ` +
          `${mebibytes(idleBytes)} as soon as idle, ${mebibytes(restBytes)} after ${(restMs / 1000).toFixed(0)} s at rest`,
      );
      expect(statuses).toEqual(Array.from({ length: REQUESTS }, () => 200));
      expect(server.enginePid).toBe(enginePid);
      expect(seen.peakBytes).toBeLessThan(PEAK_BYTES);
      expect(restBytes).toBeLessThan(RATCHET_BYTES);
    } finally {
      await server.stop('SIGKILL');
      await group.remove();
      store.remove();
    }
  }, 600_000);
});
