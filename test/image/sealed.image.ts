import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { EXIT_CODES } from '../../lib/contract';
import { compiledVariantFor } from '../../service/src/engine/compiled-variant';
import { hasInt8DotProducts } from '../../service/src/engine/cpu-features';
import { describeUnless } from '../support/describe-unless';
import { sample } from '../support/nano';
import { cpuSeconds } from '../support/processes';
import { audioForm } from '../support/server-process';
import { NANO_ARCHIVE, UnpackedImage } from './image-archive';
import { containersUnavailable, manifestMemoryBytes, SealedContainer } from './sealed-container';

/** Promised time from the start of the container to readiness, on two CPUs of their own. */
const READY_SECONDS = 3;
/** On a machine that works for others too. */
const READY_BOUND_SECONDS = 3 * READY_SECONDS;
const LOADING_CPU_SECONDS = 0.1;
const ENCODER = `/models/whisper-nano/compiled/encoder.${compiledVariantFor('int8', hasInt8DotProducts())}.onnx_data`;

describeUnless(containersUnavailable(), 'the image, sealed as the manifest says', () => {
  let image: UnpackedImage;
  let container: SealedContainer;
  beforeAll(async () => {
    image = UnpackedImage.of(NANO_ARCHIVE);
    container = SealedContainer.run(image);
    await container.untilReady();
  });
  afterAll(async () => {
    container.signal('SIGKILL');
    await container.exit();
    image.remove();
  });

  const statusOf = (pid: number): string => readFileSync(`/proc/${pid}/status`, 'utf8');

  async function transcribe(file: Uint8Array, fields: Readonly<Record<string, string>> = {}): Promise<string> {
    const body = audioForm(file, { model: 'whisper-1', ...fields });
    const response = await fetch(`${container.url}/v1/audio/transcriptions`, { method: 'POST', body });
    expect(response.status).toBe(200);
    return ((await response.json()) as { text: string }).text;
  }

  test('is ready soon after its start', () => {
    const seconds = (performance.now() - container.started) / 1000;
    console.log(`ready ${seconds.toFixed(2)} s after the start of the container (promised: ${READY_SECONDS} s)`);
    expect(seconds).toBeLessThan(READY_BOUND_SECONDS);
  });

  test('runs as 10001 without a capability, and cannot gain any', () => {
    for (const pid of container.processes()) {
      expect(statusOf(pid)).toMatch(/^Uid:\t10001\t10001\t10001\t10001$/m);
      expect(statusOf(pid)).toMatch(/^Gid:\t10001\t10001\t10001\t10001$/m);
      expect(statusOf(pid)).toMatch(/^CapEff:\t0{16}$/m);
      expect(statusOf(pid)).toMatch(/^CapBnd:\t0{16}$/m);
      expect(statusOf(pid)).toMatch(/^NoNewPrivs:\t1$/m);
    }
  });

  test('sees its limits, and compared its model with the checksums', () => {
    expect(container.find('listening')).toMatchObject({ memoryBytes: manifestMemoryBytes() });
    expect(container.find('model as its checksums say')).toMatchObject({ files: 9 });
  });

  test('transcribes WAV and FLAC, with and without a prompt', async () => {
    const { bytes, text } = sample('en-01.wav');
    const flac = readFileSync(path.join(__dirname, '../fixtures/audio/speech-s16-mono-16000.flac'));

    expect(await transcribe(bytes)).toBe(text);
    expect((await transcribe(flac)).length).toBeGreaterThan(0);
    expect((await transcribe(bytes, { prompt: 'A voice agent.' })).length).toBeGreaterThan(0);
  });

  test('serves its metrics', async () => {
    expect(await (await fetch(`${container.url}/metrics`)).text()).toContain('stt_transcription_requests_total');
  });

  test('reaps an engine that was killed, and starts another', async () => {
    const killed = container.find('engine ready')!.enginePid as number;
    const before = container.processes();
    const engine = before.find((pid) => new RegExp(`^NSpid:\\t\\d+\\t${killed}$`, 'm').test(statusOf(pid)))!;

    process.kill(engine, 'SIGKILL');
    await container.until('another engine', () => container.log.filter(({ msg }) => msg === 'engine ready').length > 1);

    const after = container.processes();
    expect(after).toHaveLength(before.length);
    expect(after).not.toContain(engine);
    expect(after.map((pid) => /^State:\t(\w)/m.exec(statusOf(pid))![1])).not.toContain('Z');
    expect(await transcribe(sample('en-01.wav').bytes)).toBe(sample('en-01.wav').text);
  });

  test('answers what is in flight when it is told to stop, and ends with 0', async () => {
    const container = SealedContainer.run(image);
    await container.untilReady();
    const body = audioForm(sample('long-en.wav').bytes, { model: 'whisper-1' });
    const inFlight = fetch(`${container.url}/v1/audio/transcriptions`, { method: 'POST', body });
    await container.until('the request', async () =>
      /stt_transcription_requests_total 1|in_flight 1/.test(await (await fetch(`${container.url}/metrics`)).text()),
    );
    container.signal('SIGTERM');

    expect((await inFlight).status).toBe(200);
    expect(await container.exit()).toBe(EXIT_CODES.ok);
  });

  test('ends when it is told to stop while it is loaded', async () => {
    const container = SealedContainer.run(image);
    // Node itself takes half of that, the server's modules three times as much more.
    await container.until('the program to be under way', async () => {
      const [first] = container.processes();
      return first !== undefined && (await cpuSeconds(first)) >= LOADING_CPU_SECONDS;
    });
    expect(container.find('listening')).toBeUndefined();
    container.signal('SIGTERM');

    expect(await container.exit()).toBe(EXIT_CODES.ok);
    expect(container.find('engine ready')).toBeUndefined();
  });

  test('refuses to start on a damaged model', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'damaged-'));
    const damaged = path.join(folder, 'encoder.onnx_data');
    const weights = readFileSync(path.join(image.root, ENCODER));
    weights[weights.length >> 1]! ^= 1;
    writeFileSync(damaged, weights, { mode: 0o644 });
    const container = SealedContainer.run(image, [{ at: ENCODER, by: damaged }]);

    expect(await container.exit()).toBe(EXIT_CODES.engine);
    expect(container.output).toContain('model_corrupt');
    rmSync(folder, { recursive: true });
  });
});
