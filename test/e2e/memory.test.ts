import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULTS } from '../../lib/contract';
import { ControlGroup } from '../support/cgroup';
import { describeUnless } from '../support/describe-unless';
import { constantFlac } from '../support/flac-writer';
import { sample } from '../support/nano';
import { ServerProcess, transcriptionRequest } from '../support/server-process';

const MEMORY_BYTES = 700 * 2 ** 20;
const BOMBS = 6;
/** Of what docs/configuration.md promises: two longest audios. */
const DECODED_AUDIO_BYTES = 2 * DEFAULTS.maxAudioSeconds * 64_000;
/** Two decoding threads with the codecs' WebAssembly and their garbage. */
const DECODING_BYTES = 150 * 2 ** 20;
const BLOCK_SIZE = 65_535;
const SAMPLE_RATE_HZ = 16_000;

/** See tiny-shaped.test.ts: a model of the size that a 700Mi limit is for; the embedded one is the smallest. */
const TINY_SHAPED = process.env.WHISPER_TINY_SHAPED ?? '';
const isTinyShaped = existsSync(path.join(TINY_SHAPED, 'config.json'));
const MODEL: Readonly<Record<string, string>> = isTinyShaped
  ? { STT_MODEL: 'tiny-shaped', STT_MODEL_STORE: path.dirname(TINY_SHAPED), STT_QUANTIZATION: 'int8' }
  : { STT_MODEL: 'nano' };

/** A few kilobytes of FLAC, of unknown length by their header, that unfold to just below the longest audio. */
function bomb(sampleRateHz: number, channels: number): Uint8Array {
  const frames = Math.floor((DEFAULTS.maxAudioSeconds * sampleRateHz) / BLOCK_SIZE);
  return constantFlac({ sampleRateHz, channels, blockSize: BLOCK_SIZE, frames, value: 1_000 });
}

describeUnless(ControlGroup.unavailable(), 'a server under a 700Mi limit', () => {
  let group: ControlGroup;
  let server: ServerProcess;
  const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)}Mi`;

  beforeAll(async () => {
    group = ControlGroup.create(`whisper-stt-memory-${process.pid}`, { memoryBytes: MEMORY_BYTES, cpus: 1 });
    server = ServerProcess.spawn(
      { ...MODEL, STT_REQUEST_TIMEOUT_SECONDS: '300', STT_ENGINE_PROCESSES: '1' },
      group.wrap,
    );
    await server.untilReady();
  }, 60_000);
  afterAll(async () => {
    await server.stop('SIGKILL');
    await group.remove();
  });

  /** Highest working set while something is done. */
  async function peakDuring<T>(work: Promise<T>): Promise<{ readonly result: T; readonly peakBytes: number }> {
    const state = { isDone: false, peakBytes: 0 };
    const watching = (async (): Promise<void> => {
      while (!state.isDone) {
        state.peakBytes = Math.max(state.peakBytes, group.workingSetBytes());
        await sleep(5);
      }
    })();
    try {
      return { result: await work, peakBytes: state.peakBytes };
    } finally {
      state.isDone = true;
      await watching;
    }
  }

  it.each([
    ['at the rate of the model', SAMPLE_RATE_HZ, 1],
    ['in eight channels', SAMPLE_RATE_HZ, 8],
  ])(
    'survives small files, %s, that unfold to the longest audio, and goes on',
    async (_, sampleRateHz, channels) => {
      const file = bomb(sampleRateHz, channels);
      expect(file.length).toBeLessThan(25_000);
      const { enginePid } = server;
      const started = performance.now();
      const restBytes = group.workingSetBytes();
      const { result: answers, peakBytes } = await peakDuring(
        Promise.all(Array.from({ length: BOMBS }, () => transcriptionRequest(server, file))),
      );
      const statuses = answers.map(({ status }) => status);
      console.log(
        `${MODEL.STT_MODEL}, ${BOMBS} files of ${file.length} bytes: ${mebibytes(restBytes)} before, ` +
          `${mebibytes(peakBytes)} at most; ${statuses.join(' ')} in ${((performance.now() - started) / 1000).toFixed(1)} s`,
      );
      for (const status of statuses) {
        expect(status === 200 || status === 503 || (status >= 400 && status < 500)).toBe(true);
      }

      expect(peakBytes - restBytes).toBeLessThan(DECODED_AUDIO_BYTES + DECODING_BYTES);

      const { bytes, text } = sample('en-01.wav');
      const response = await transcriptionRequest(server, bytes);
      expect(response.status).toBe(200);
      // Weights of random numbers say nothing that could be compared.
      if (!isTinyShaped) expect(((await response.json()) as { text: string }).text).toBe(text);
      expect(server.child.exitCode).toBeNull();
      expect(server.enginePid).toBe(enginePid);
      expect(server.log.filter(({ msg }) => msg === 'engine ready')).toHaveLength(1);
    },
    330_000,
  );
});
