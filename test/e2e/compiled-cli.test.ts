import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { EXIT_CODES } from '../../lib/contract';
import { hasInt8DotProducts } from '../../service/src/engine/cpu-features';
import { REPOSITORY } from '../support/built';
import { CompiledStore } from '../support/compiled-store';
import { NANO, sample } from '../support/nano';
import { ServerProcess, transcriptionRequest } from '../support/server-process';
import { BIN, whisperStt } from '../support/whisper-stt';

/** What this processor is served in 8 bits. */
const VARIANT = hasInt8DotProducts() ? 'int8' : 'int7';

/** Five of each of three variants, the vocabulary and the manifest. */
const FILES = 17;

describe('whisper-stt compile-model', () => {
  let folder: string;
  let out: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'compile-'));
    out = path.join(folder, 'whisper-nano');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const compiled = (): string[] => readdirSync(path.join(out, 'compiled')).sort();

  it('writes every variant, and says how large each file is', async () => {
    const { code, stdout, stderr } = await whisperStt(['compile-model', NANO, out]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.trim().split('\n')).toHaveLength(FILES - 1);
    expect(stdout).toMatch(/^encoder\.int8\.onnx_data +\d\.\d MB$/m);
    expect(compiled()).toHaveLength(FILES);
  });

  it('writes the variants that are asked for', async () => {
    expect(await whisperStt(['compile-model', '--variants', 'fp32, int7', NANO, out])).toMatchObject({ code: 0 });
    expect(compiled()).toEqual([
      ...['alignment.fp32.onnx', 'alignment.int7.onnx'],
      ...['decoder.fp32.onnx', 'decoder.fp32.onnx_data', 'decoder.int7.onnx', 'decoder.int7.onnx_data'],
      ...['encoder.fp32.onnx', 'encoder.fp32.onnx_data', 'encoder.int7.onnx', 'encoder.int7.onnx_data'],
      ...['manifest.json', 'vocabulary.bin'],
    ]);
  });

  it.each([
    [[], /^Usage: whisper-stt compile-model SOURCE OUT/],
    [[NANO], /^Usage: whisper-stt compile-model SOURCE OUT/],
    [[NANO, 'out', 'more'], /^Usage: whisper-stt compile-model SOURCE OUT/],
    [['--variants', 'int4', NANO, 'out'], /--variants: "int4" is none of int8, int7, fp32/],
    [['--variants', '', NANO, 'out'], /--variants: "" is none of/],
    [['--nonsense', NANO, 'out'], /nonsense/],
  ])('ends with 2 for wrong usage: %j', async (args, message) => {
    const { code, stderr } = await whisperStt(['compile-model', ...args]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it('prints its help, and documents its options', async () => {
    const { code, stdout } = await whisperStt(['compile-model', '--help']);
    expect(code).toBe(0);
    const page = readFileSync(path.join(REPOSITORY, 'docs/cli.md'), 'utf8');
    const section = page.slice(page.indexOf('## `compile-model`'), page.indexOf('## `demo`'));
    for (const [, option] of stdout.matchAll(/^ {2}(--[a-z]+) /gm)) {
      if (option !== '--help') expect(section).toContain(option);
    }
    for (const variant of ['int8', 'int7', 'fp32']) expect(section).toContain(`\`${variant}\``);
  });

  it('ends with 70 for a source that is no model, or is not there', async () => {
    for (const source of [path.join(NANO, 'samples'), path.join(folder, 'absent')]) {
      const { code, stderr } = await whisperStt(['compile-model', source, out]);
      expect([code, stderr]).toEqual([EXIT_CODES.engine, expect.stringMatching(/^model_invalid: cannot read /)]);
    }
  });

  it('leaves the old files as they were when it is killed', async () => {
    await whisperStt(['compile-model', '--variants', 'int8', NANO, out]);
    const hashes = (): string[] =>
      compiled().map((name) =>
        createHash('sha256')
          .update(readFileSync(path.join(out, 'compiled', name)))
          .digest('hex'),
      );
    const before = hashes();
    const child = spawn(process.execPath, [BIN, 'compile-model', NANO, out], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exit = once(child, 'exit');
    // The first file is written, and the others are not.
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    expect(await exit).toEqual([null, 'SIGKILL']);
    expect(hashes()).toEqual(before);
    expect(
      await whisperStt(['doctor', '--json', '--no-load'], { STT_MODEL_STORE: folder, STT_MODEL: 'nano' }),
    ).toMatchObject({
      stdout: expect.stringContaining('compiled for') as string,
    });

    expect(await whisperStt(['compile-model', NANO, out])).toMatchObject({ code: 0 });
    expect(compiled()).toHaveLength(FILES);
    expect(readdirSync(out).filter((name) => name.startsWith('compiled'))).toEqual(['compiled']);
  });
});

describe('a server of a compiled model', () => {
  let store: CompiledStore;
  let environment: Readonly<Record<string, string>>;
  beforeAll(async () => {
    store = await CompiledStore.of(NANO, ['int8', 'int7']);
    environment = { STT_MODEL_STORE: store.path, STT_MODEL: 'nano' };
  }, 60_000);
  afterAll(() => {
    store.remove();
  });

  it('transcribes, and says which files it does it with: in its log, its metrics and to the doctor', async () => {
    const server = await ServerProcess.start(environment);
    try {
      expect(server.find('listening')).toMatchObject({ model: 'nano', layout: 'compiled', variant: VARIANT });
      expect(server.find('model as its checksums say')).toMatchObject({ files: 9 });
      const mapped = readFileSync(`/proc/${server.find('engine ready')!.enginePid as number}/maps`, 'utf8');
      for (const graph of ['encoder', 'decoder']) expect(mapped).toContain(`${graph}.${VARIANT}.onnx_data`);
      const response = await transcriptionRequest(server, sample('en-01.wav').bytes, { response_format: 'json' });
      expect(await response.json()).toMatchObject({ text: sample('en-01.wav').text });
      const metrics = await (await server.get('/metrics')).text();
      expect(metrics).toMatch(new RegExp(`^stt_model_info\\{.*layout="compiled",variant="${VARIANT}",.*\\} 1$`, 'm'));
    } finally {
      await server.stop();
    }
    const { stdout, code } = await whisperStt(['doctor', '--json', '--no-load'], { ...environment, STT_PORT: '0' });
    expect([code, stdout]).toEqual([0, expect.stringContaining(`compiled for ${VARIANT}, `)]);
  }, 60_000);

  it('does not start with weights that were cut short, though no checksums say so', async () => {
    const copy = mkdtempSync(path.join(os.tmpdir(), 'damaged-'));
    try {
      cpSync(store.model, path.join(copy, 'whisper-nano'), { recursive: true });
      rmSync(path.join(copy, 'whisper-nano/SHA256SUMS'));
      const data = path.join(copy, `whisper-nano/compiled/encoder.${VARIANT}.onnx_data`);
      truncateSync(data, statSync(data).size >> 1);
      const server = ServerProcess.spawn({ ...environment, STT_MODEL_STORE: copy });
      expect(await server.exit).toEqual({ code: EXIT_CODES.engine, signal: null });
      expect(server.output).toContain('model_invalid');
    } finally {
      rmSync(copy, { recursive: true });
    }
  }, 60_000);

  it.each([
    ['the graph that times words', `alignment.${VARIANT}.onnx`],
    ['the weights beside a graph', `encoder.${VARIANT}.onnx_data`],
  ])(
    'does not start with %s damaged',
    async (_, name) => {
      const copy = mkdtempSync(path.join(os.tmpdir(), 'damaged-'));
      try {
        cpSync(store.model, path.join(copy, 'whisper-nano'), { recursive: true });
        appendFileSync(path.join(copy, 'whisper-nano/compiled', name), '\0');
        const server = ServerProcess.spawn({ ...environment, STT_MODEL_STORE: copy });
        expect(await server.exit).toEqual({ code: EXIT_CODES.engine, signal: null });
        expect(`${server.output}${JSON.stringify(server.log)}`).toMatch(
          new RegExp(`compiled/${name} is [0-9a-f]{64}, expected`),
        );
      } finally {
        rmSync(copy, { recursive: true });
      }
    },
    60_000,
  );
});
