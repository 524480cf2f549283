import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as EngineModule from '../../../service/src/engine/engine';
import type { DecodingResult } from '../../../service/src/whisper/decoding-result';
import { builtPath } from '../../support/built';
import { sampleAudio } from '../../support/nano';
import { Engine, type EngineClass, NANO_ENGINE, SECOND } from '../../support/nano-engine';
import { cpuSeconds, untilGone, untilIdle } from '../../support/processes';

const OPTIONS: EngineModule.EngineOptions = { ...NANO_ENGINE, maxQueue: 3 };
const decode = (engine: EngineClass, signal?: AbortSignal): Promise<DecodingResult> =>
  engine.decodeWindow(SECOND, { task: 'transcribe', timestamps: false, temperature: 0, language: 'en' }, signal);

const SPEECH_OPTIONS = { task: 'transcribe', timestamps: true, temperature: 0, language: 'en' } as const;
/** Half a minute of sentences: the most work that a window can be. */
const speechWindow = (): Float32Array => sampleAudio('long-en.wav', 480_000);

describe('Engine', () => {
  const engines: EngineClass[] = [];
  const create = (options: Partial<EngineModule.EngineOptions> = {}): EngineClass => {
    const engine = new Engine({ ...OPTIONS, ...options });
    engines.push(engine);
    return engine;
  };
  afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.stop())));

  it('decodes windows in the order of their arrival', async () => {
    const engine = create();
    await engine.start();
    const order: number[] = [];
    await Promise.all([0, 1, 2].map((i) => decode(engine).then(() => order.push(i))));
    expect(order).toEqual([0, 1, 2]);
  });

  it('keeps windows that arrive before it is warm', async () => {
    const engine = create();
    const started = engine.start();
    const decoded = decode(engine);
    expect(engine.isReady).toBe(false);
    await started;
    expect((await decoded).language).toBe('en');
  });

  it('refuses more windows than its queue holds', async () => {
    const engine = create();
    await engine.start();
    const all = await Promise.allSettled(Array.from({ length: 6 }, () => decode(engine)));
    const refused = all.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    // One runs, three wait.
    expect(refused).toHaveLength(2);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'overloaded' });
  });

  it('drops a waiting window whose caller has gone', async () => {
    const engine = create();
    await engine.start();
    const abort = new AbortController();
    const [first, second] = [decode(engine), decode(engine, abort.signal)];
    abort.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    await first;
    expect((await decode(engine)).language).toBe('en');
  });

  it('stops in the middle of a window whose caller has gone, and decodes the next in the same process', async () => {
    const engine = create();
    await engine.start();
    const { pid } = engine;
    const idle = await untilIdle(pid!);
    const abort = new AbortController();
    const running = engine.decodeWindow(speechWindow(), SPEECH_OPTIONS, abort.signal);
    const outcome = running.then(
      () => 'decoded to its end',
      (reason: unknown) => reason,
    );
    while ((await cpuSeconds(pid!)) <= idle) await sleep(1);
    const reason = new Error('gone');
    abort.abort(reason);
    expect(await outcome).toBe(reason);
    expect((await decode(engine)).language).toBe('en');
    expect(engine.pid).toBe(pid);
  });

  it('passes errors of the decoder on with their codes', async () => {
    const engine = create();
    await engine.start();
    const wrong = engine.decodeWindow(SECOND, {
      task: 'transcribe',
      timestamps: false,
      temperature: 0,
      language: 'xx',
    });
    await expect(wrong).rejects.toMatchObject({ name: 'WhisperError', code: 'unsupported_language' });
    expect((await decode(engine)).language).toBe('en');
  });

  it('tries a window once more after its process was lost, and gives it up after a second loss', async () => {
    const engine = create();
    await engine.start();
    // Each process is killed while it has the window.
    const killEach = (): void => {
      engine.on('ready', () => process.kill(engine.pid!, 'SIGKILL'));
    };
    const doomed = decode(engine);
    killEach();
    process.kill(engine.pid!, 'SIGKILL');
    await expect(doomed).rejects.toMatchObject({ code: 'poison_request' });
  });

  it('gives up after five losses in a row, and says so', async () => {
    const engine = create();
    const failed = new Promise((resolve) => engine.once('failed', resolve));
    const losses: number[] = [];
    engine.on('lost', ({ restartInMs }) => losses.push(restartInMs));
    engine.on('ready', () => process.kill(engine.pid!, 'SIGKILL'));
    await engine.start();
    expect(await failed).toMatchObject({ code: 'engine_lost' });
    // At once, then after growing pauses.
    expect(losses).toEqual([0, 250, 500, 1000]);
    await expect(decode(engine)).rejects.toMatchObject({ code: 'engine_stopped' });
  });

  it('encodes texts beside windows, in its own process', async () => {
    const engine = create();
    await engine.start();
    const [, tokens] = await Promise.all([decode(engine), engine.encodeText(' water')]);
    expect(tokens.length).toBeGreaterThan(0);
  });

  it('rejects its start when it is stopped meanwhile', async () => {
    const engine = create();
    const started = engine.start();
    const outcome = expect(started).rejects.toMatchObject({ code: 'engine_stopped' });
    await engine.stop();
    await outcome;
  });

  it('gives up when processes cannot be made at all', async () => {
    // A process of its own: the path of Node cannot be changed inside jest.
    const script =
      `const { Engine } = require(${JSON.stringify(builtPath('service/src/engine/engine.js'))});` +
      `process.execPath = '/nowhere/node';` +
      `new Engine(${JSON.stringify(OPTIONS)}).start().catch(({ code, message }) => console.log(code, message));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
    expect(stdout).toMatch(/^engine_lost .*ENOENT/);
  });

  it('rejects its start when the model cannot be loaded', async () => {
    await expect(create({ model: 'absent' }).start()).rejects.toMatchObject({ code: 'model_not_found' });
  });

  it('ends its process and rejects what waits when it is stopped', async () => {
    const engine = create();
    await engine.start();
    const { pid } = engine;
    const waiting = [decode(engine), decode(engine)];
    const outcomes = Promise.allSettled(waiting);
    await engine.stop();
    await untilGone(pid!);
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'engine_stopped' } });
    }
  });
});
