import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type * as EngineModule from '../../../service/src/engine/engine';
import { speechDetectorFile } from '../../../service/src/engine/speech-detector-file';
import { SPEECH_FRAME_SAMPLES } from '../../../service/src/engine/speech-regions';
import { builtModule } from '../../support/built';
import { MODEL_STORE, sample, sampleAudio } from '../../support/nano';
import { noise } from '../../support/signals';

// The compiled class: it forks the compiled engine process beside it, in which ONNX Runtime runs.
const { Engine } = builtModule('service/src/engine/engine.js') as typeof EngineModule;

const FOLDER = path.join(MODEL_STORE, 'silero-vad');
const FILE = path.join(FOLDER, 'silero_vad_16k.onnx');
const PUBLISHED = 'published/silero_vad_16k_sequence.onnx';
const RATE = 16_000;

const OPTIONS: EngineModule.EngineOptions = {
  modelStore: MODEL_STORE,
  model: 'nano',
  quantization: 'int8',
  threads: 1,
  maxQueue: 8,
  speechDetectorFile: FILE,
};

const sha256 = (file: string): string =>
  createHash('sha256')
    .update(readFileSync(path.join(FOLDER, file)))
    .digest('hex');

test("the detector is made of the file of Silero's own package, and lies there with its licence", () => {
  const sums = (folder: string): readonly (readonly [hash: string, file: string])[] =>
    readFileSync(path.join(FOLDER, folder, 'SHA256SUMS'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split('  ') as [hash: string, file: string])
      .map(([hash, file]) => [hash, path.join(folder, file)]);
  const hashes = [...sums('.'), ...sums('published')];
  expect(hashes.map(([, file]) => file)).toEqual(['LICENSE', path.basename(FILE), PUBLISHED]);
  for (const [hash, file] of hashes) expect(sha256(file)).toBe(hash);
  // As RECORD of silero_vad-6.2.3-py3-none-any.whl on PyPI states it, there in base64url.
  expect(Buffer.from(sha256(PUBLISHED), 'hex').toString('base64url')).toBe(
    'nM2sxHGdiqfkWndTa_q-xFoDuh8vrV4kGrQGCyQjioU',
  );
});

test('the detector lies where the sources and the compiled server look for it', () => {
  // From service/src/engine there is one folder less to the top than from build/service/src/engine.
  expect(speechDetectorFile()).toBeUndefined();
  const built = builtModule('service/src/engine/speech-detector-file.js') as { speechDetectorFile(): string };
  expect(built.speechDetectorFile()).toBe(FILE);
});

describe('the detector in the engine', () => {
  let engine: EngineModule.Engine;
  beforeAll(async () => {
    engine = new Engine(OPTIONS);
    await engine.start();
  });
  afterAll(() => engine.stop());

  const share = (probabilities: Float32Array): number =>
    probabilities.filter((probability) => probability >= 0.5).length / probabilities.length;

  it('judges each 32 ms, the last part of one included', async () => {
    expect(await engine.detectSpeech(new Float32Array(0))).toHaveLength(0);
    expect(await engine.detectSpeech(new Float32Array(1))).toHaveLength(1);
    expect(await engine.detectSpeech(new Float32Array(10 * SPEECH_FRAME_SAMPLES + 1))).toHaveLength(11);
  });

  it('tells speech from noise', async () => {
    const { file, start, end } = sample('en-01.wav');
    const spoken = sampleAudio(file).subarray(start! * RATE, end! * RATE);
    expect(share(await engine.detectSpeech(spoken))).toBeGreaterThan(0.85);
    expect(share(await engine.detectSpeech(noise(5 * RATE, 0.1)))).toBe(0);
  });

  it('gives the probabilities that its makers get, from one run of the network to the next', async () => {
    // silero_vad 6.2.3 in Python, SileroVADSequence.audio_forward of the same samples, by frame. A run takes 128.
    const reference: readonly (readonly [frame: number, probability: number])[] = [
      [12, 0.1395],
      [13, 0.6929],
      [71, 0.1568],
      [121, 0.5938],
      [128, 0.9993],
      [167, 0.6199],
      [203, 0.7444],
      [248, 0.4162],
      [270, 0.2848],
      [337, 0.6458],
    ];
    const probabilities = await engine.detectSpeech(sampleAudio('long-en.wav', 12 * RATE));
    for (const [frame, probability] of reference) expect(probabilities[frame]).toBeCloseTo(probability, 2);
  });

  it('goes before windows that wait', async () => {
    const order: string[] = [];
    const options = { task: 'transcribe', timestamps: false, temperature: 0, language: 'en' } as const;
    const window = (name: string): Promise<unknown> =>
      engine.decodeWindow(new Float32Array(RATE), options).then(() => order.push(name));
    const detection = (name: string): Promise<unknown> =>
      engine.detectSpeech(new Float32Array(RATE)).then(() => order.push(name));
    const running = window('running');
    while (engine.admission.load.busySlots === 0) await setImmediate();
    await Promise.all([running, window('waiting'), detection('first'), detection('second')]);
    expect(order).toEqual(['running', 'first', 'second', 'waiting']);
  });

  it('stops between two runs when nobody waits for it any more', async () => {
    const minutes = noise(600 * RATE, 0.1);
    const timed = async (work: () => Promise<unknown>): Promise<number> => {
      const started = performance.now();
      await work();
      return performance.now() - started;
    };
    const wholeMs = await timed(() => engine.detectSpeech(minutes));
    const reason = new Error('gone');
    const aborter = new AbortController();
    const abortedMs = await timed(async () => {
      setTimeout(() => {
        aborter.abort(reason);
      }, wholeMs / 20);
      await expect(engine.detectSpeech(minutes, aborter.signal)).rejects.toBe(reason);
    });
    expect(abortedMs).toBeLessThan(wholeMs / 2);
    expect(await engine.detectSpeech(new Float32Array(RATE))).toHaveLength(32);
  });
});

test('an engine without a detector says so', async () => {
  const engine = new Engine({ ...OPTIONS, speechDetectorFile: undefined });
  try {
    await engine.start();
    expect(engine.detectsSpeech).toBe(false);
    await expect(engine.detectSpeech(new Float32Array(RATE))).rejects.toMatchObject({ code: 'engine_failed' });
  } finally {
    await engine.stop();
  }
});

test('an engine whose detector cannot be read does not start', async () => {
  const engine = new Engine({ ...OPTIONS, speechDetectorFile: path.join(FOLDER, 'LICENSE') });
  await expect(engine.start()).rejects.toMatchObject({
    code: 'model_invalid',
    message: expect.stringContaining('LICENSE') as unknown,
  });
});
