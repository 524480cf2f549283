import { existsSync } from 'node:fs';
import path from 'node:path';
import { ControlGroup } from '../support/cgroup';
import { describeUnless } from '../support/describe-unless';
import { sample } from '../support/nano';
import { untilIdle } from '../support/processes';
import { ServerProcess, transcriptionRequest } from '../support/server-process';

/**
 * Weights of Whisper tiny's exact shapes and vocabulary, but random: for loading, memory and speed, never for text.
 * They are not part of this repository; WHISPER_TINY_SHAPED names their folder.
 */
const TINY_SHAPED = process.env.WHISPER_TINY_SHAPED ?? '';
const MEMORY_BYTES = 700 * 2 ** 20;
/** From this idle working set on, the deployment document's autoscaler never comes back to 2 pods: docs/hpa-ratchet.md. */
const RATCHET_BYTES = 329 * 2 ** 20;

const unavailable = existsSync(path.join(TINY_SHAPED, 'config.json'))
  ? ControlGroup.unavailable()
  : `WHISPER_TINY_SHAPED=${TINY_SHAPED} holds no model`;

describeUnless(unavailable, "a model of Whisper tiny's shapes, in 8 bits, under a 700Mi limit", () => {
  const name = `whisper-stt-tiny-${process.pid}`;
  let group: ControlGroup;
  let server: ServerProcess;
  const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)}Mi`;

  beforeAll(async () => {
    group = ControlGroup.create(name, { memoryBytes: MEMORY_BYTES, cpus: 1 });
    server = ServerProcess.spawn(
      { STT_MODEL: 'tiny-shaped', STT_MODEL_STORE: path.dirname(TINY_SHAPED), STT_QUANTIZATION: 'int8' },
      group.wrap,
    );
    await server.untilReady();
  }, 60_000);
  afterAll(async () => {
    await server.stop('SIGKILL');
    await group.remove();
  });

  it('idles, from its start on, below what would keep the autoscaler from coming back to 2 pods', async () => {
    await untilIdle(server.enginePid);
    const idle = group.workingSetBytes();
    console.log(`working set at rest after start: ${mebibytes(idle)}`);
    expect(idle).toBeLessThan(RATCHET_BYTES);
  }, 60_000);

  it('serves, and idles below that again afterwards', async () => {
    const response = await transcriptionRequest(server, sample('en-01.wav').bytes, { response_format: 'verbose_json' });
    expect(response.status).toBe(200);
    const { segments } = (await response.json()) as { segments: { tokens: number[] }[] };
    // Random weights never choose the end of the text: every position of the decoder is used.
    expect(segments.flatMap(({ tokens }) => tokens).length).toBeGreaterThan(50);
    await untilIdle(server.enginePid);
    const idle = group.workingSetBytes();
    console.log(`working set at rest after an utterance: ${mebibytes(idle)}`);
    expect(idle).toBeLessThan(RATCHET_BYTES);
  }, 120_000);

  it('takes a language that the embedded model lacks, and a prompt in its script', async () => {
    const response = await transcriptionRequest(server, sample('en-01.wav').bytes, {
      language: 'ja',
      prompt: 'こんにちは',
      response_format: 'verbose_json',
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ language: 'japanese' });
    await untilIdle(server.enginePid);
    const idle = group.workingSetBytes();
    console.log(`working set at rest after a prompt: ${mebibytes(idle)}`);
    expect(idle).toBeLessThan(RATCHET_BYTES);
    expect(server.log.filter(({ msg }) => msg.includes('lost'))).toEqual([]);
  }, 120_000);
});
