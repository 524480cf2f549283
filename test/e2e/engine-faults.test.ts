import { setTimeout as sleep } from 'node:timers/promises';
import type * as EngineModule from '../../service/src/engine/engine';
import type * as TranscriberModule from '../../service/src/engine/engine-transcriber';
import type * as DirectoryModule from '../../service/src/engine/model-directory';
import { detectSpeech } from '../../service/src/audio/voice-activity';
import { plannedWindows } from '../../service/src/whisper/decode-at-pauses';
import { transcribe, type TranscribeOptions } from '../../service/src/whisper/transcribe';
import { builtModule } from '../support/built';
import { ENGLISH_SAMPLES, MODEL_STORE, sample, sampleAudio } from '../support/nano';
import { crashingEngine, ServerProcess, transcriptionRequest, type LogLine } from '../support/server-process';

// The compiled class: it forks the compiled engine process beside it.
const { Engine } = builtModule('service/src/engine/engine.js') as typeof EngineModule;
const { engineTranscriber } = builtModule('service/src/engine/engine-transcriber.js') as typeof TranscriberModule;
const { openModelDirectory } = builtModule('service/src/engine/model-directory.js') as typeof DirectoryModule;

const CLIENTS = 4;
const LOAD_MS = 20_000;
/** From the end of one disturbance to the next. */
const CALM_MS = { min: 300, max: 2000 };
const SEED = 20_261_126;

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Answer {
  readonly file: string;
  readonly status: number;
  readonly text: string | undefined;
}

async function ask(server: ServerProcess, file: string): Promise<Answer> {
  const response = await transcriptionRequest(server, sample(file).bytes);
  const { text } = (await response.json()) as { text?: string };
  return { file, status: response.status, text };
}

const starts = (server: ServerProcess): LogLine[] => server.log.filter(({ msg }) => msg === 'engine ready');
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

describe('a server whose engine process is killed and stopped under load', () => {
  let server: ServerProcess;
  const expected = new Map<string, string | undefined>();
  beforeAll(async () => {
    server = await ServerProcess.start({ STT_ENGINE_PROCESSES: '1' });
    for (const { file } of ENGLISH_SAMPLES) expected.set(file, (await ask(server, file)).text);
  }, 60_000);
  afterAll(() => server.stop());

  it('answers every request, and answers it right', async () => {
    const random = randomNumbers(SEED);
    const answers: Answer[] = [];
    const until = performance.now() + LOAD_MS;
    let isDisturbed = true;
    const client = async (): Promise<void> => {
      while (isDisturbed) {
        const { file } = ENGLISH_SAMPLES[Math.floor(random() * ENGLISH_SAMPLES.length)]!;
        answers.push(await ask(server, file));
      }
    };
    const clients = Array.from({ length: CLIENTS }, client);
    const recoveries: string[] = [];
    for (let i = 0; performance.now() < until; i++) {
      // A window that is hit twice is given up: one answer for each client, and none of the hit ones is left.
      const answered = answers.length + CLIENTS;
      await server.until(() => answers.length >= answered, 'answers between two disturbances');
      await sleep(CALM_MS.min + random() * (CALM_MS.max - CALM_MS.min));
      // A stopped process takes five seconds to be found out.
      const signal = i % 4 === 1 ? 'SIGSTOP' : 'SIGKILL';
      const started = starts(server).length;
      const disturbedAt = performance.now();
      process.kill(server.enginePid, signal);
      await server.until(() => starts(server).length > started, 'the engine to come back', 120_000);
      const { downMs, cause } = starts(server).at(-1)!;
      expect(cause).toBe(signal === 'SIGSTOP' ? 'hang' : 'crash');
      recoveries.push(`${signal} ${seconds(performance.now() - disturbedAt)} (down ${seconds(downMs as number)})`);
    }
    isDisturbed = false;
    await Promise.all(clients);
    console.log(`${answers.length} requests of ${CLIENTS} clients; back to ready after ${recoveries.join(', ')}`);
    for (const { file, status, text } of answers) {
      expect({ file, status, text }).toEqual({ file, status: 200, text: expected.get(file) });
    }
    expect(recoveries.length).toBeGreaterThanOrEqual(3);
    expect(recoveries.join()).toContain('SIGSTOP');
  }, 300_000);
});

describe('a server with two engine processes, of which any is killed under load', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await ServerProcess.start();
  });
  afterAll(() => server.stop());

  it('answers every request, and answers it right', async () => {
    const { file } = ENGLISH_SAMPLES[0]!;
    const { text } = await ask(server, file);
    const random = randomNumbers(SEED);
    const answers: Answer[] = [];
    let isDisturbed = true;
    const client = async (): Promise<void> => {
      while (isDisturbed) answers.push(await ask(server, file));
    };
    const clients = Array.from({ length: CLIENTS }, client);
    await server.until(() => server.find('engine threads divided anew') !== undefined, 'two engine processes');
    for (let kills = 0; kills < 4; kills++) {
      const alive = [...new Set(starts(server).map(({ enginePid }) => enginePid as number))].filter(isAlive);
      process.kill(alive[Math.floor(random() * alive.length)]!, 'SIGKILL');
      // Those that were hit are answered before the next blow: a window that is hit twice is given up.
      const answered = answers.length + 2 * CLIENTS;
      await server.until(() => answers.length >= answered, 'answers between two kills', 60_000);
    }
    isDisturbed = false;
    await Promise.all(clients);
    for (const answer of answers) expect(answer).toEqual({ file, status: 200, text });
  }, 200_000);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a request that crashes the engine process twice', () => {
  it('gets an error, and those behind it get their answers', async () => {
    // Its one window is longer than theirs.
    const poison = 'en-06.wav';
    const others = ['en-01.wav', 'en-02.wav'];
    const server = await ServerProcess.start({ STT_ENGINE_PROCESSES: '1', ...crashingEngine(4.5) });
    try {
      const undisturbed = [await ask(server, others[0]!), await ask(server, others[1]!)];
      const poisoned = ask(server, poison);
      const answers = Promise.all(others.map((file) => ask(server, file)));
      expect((await poisoned).status).toBe(422);
      expect(await answers).toEqual(undisturbed);
      expect((await server.get('/livez')).status).toBe(200);
      expect((await ask(server, 'en-03.wav')).status).toBe(200);
    } finally {
      await server.stop();
    }
  }, 60_000);
});

describe('an engine whose process is replaced for its memory, under load', () => {
  const OPTIONS: TranscribeOptions = { strategy: 'pauses', task: 'transcribe', timestamps: false, temperature: 0 };
  const directory = openModelDirectory(MODEL_STORE, 'nano', 'int8');
  const engine = new Engine({
    modelStore: MODEL_STORE,
    model: 'nano',
    quantization: 'int8',
    threads: 2,
    maxQueue: CLIENTS,
    // Every process is too large.
    maxRssBytes: 1,
  });
  const transcriber = engineTranscriber(engine, directory);
  beforeAll(() => engine.start());
  afterAll(() => engine.stop());

  const transcribed = async (file: string, key: string): Promise<string> => {
    const samples = sampleAudio(file);
    const audio = { samples, speech: detectSpeech(samples) };
    const ticket = engine.admission.enter({ key, deadlineMs: performance.now() + 60_000 });
    try {
      const planned = plannedWindows(audio, transcriber, OPTIONS);
      ticket.expect(planned);
      const { text } = await transcribe(audio, transcriber.forTicket(ticket), OPTIONS);
      expect(ticket.timing.windows).toBe(planned.windows);
      return text;
    } finally {
      ticket.leave();
    }
  };

  it('loses no window, and stays ready', async () => {
    const files = ENGLISH_SAMPLES.map(({ file }) => file);
    const expected = new Map<string, string>();
    for (const file of files) expected.set(file, await transcribed(file, 'alone'));
    const downMs: number[] = [];
    let wasUnready = false;
    const lost = jest.fn();
    engine.on('lost', lost);
    engine.on('recycled', () => (wasUnready ||= !engine.isReady));
    engine.on('ready', (start) => {
      expect(start.cause).toBe('memory');
      downMs.push(start.downMs!);
    });
    const work = Array.from({ length: 5 * files.length }, (_, i) => files[i % files.length]!);
    const client = async (key: string): Promise<void> => {
      for (let file = work.pop(); file !== undefined; file = work.pop()) {
        expect([file, await transcribed(file, key)]).toEqual([file, expected.get(file)]);
        wasUnready ||= !engine.isReady;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(`client ${i}`)));
    console.log(`replaced ${downMs.length} times, each in ${downMs.map(seconds).join(', ')}`);
    expect(downMs.length).toBeGreaterThanOrEqual(3);
    expect(wasUnready).toBe(false);
    expect(lost).not.toHaveBeenCalled();
    expect(engine.admission.load).toMatchObject({ inFlight: 0, waiting: 0, busySlots: 0, predictedWaitMs: 0 });
  }, 180_000);
});
