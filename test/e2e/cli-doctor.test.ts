import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { REPOSITORY } from '../support/built';
import { ControlGroup, onlineCpus } from '../support/cgroup';
import { describeUnless } from '../support/describe-unless';
import { NANO } from '../support/nano';
import { ServerProcess } from '../support/server-process';

interface CheckReport {
  readonly id: string;
  readonly status: string;
  readonly found: string;
  readonly wanted: string;
  readonly remedy?: string;
}

interface Diagnosis {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

function doctor(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  wrap: readonly string[] = [],
): Promise<Diagnosis> {
  const command = [...wrap, process.execPath, path.join(REPOSITORY, 'service/bin/whisper-stt.js'), 'doctor', ...args];
  return new Promise((resolve) => {
    execFile(
      command[0]!,
      command.slice(1),
      { env: { PATH: process.env.PATH, STT_PORT: '0', ...environment } },
      (error, stdout, stderr) => {
        resolve({ code: error?.code ?? 0, stdout, stderr });
      },
    );
  });
}

function checksOf({ stdout }: Diagnosis): ReadonlyMap<string, CheckReport> {
  const { checks } = JSON.parse(stdout) as { checks: CheckReport[] };
  return new Map(checks.map((check) => [check.id, check]));
}

describe('whisper-stt doctor', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'doctor-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('loads the embedded model, and finds nothing that fails', async () => {
    const diagnosis = await doctor(['--json']);
    expect(diagnosis).toMatchObject({ code: 0, stderr: '' });
    const checks = checksOf(diagnosis);
    expect(checks.get('model-load')).toMatchObject({
      status: 'ok',
      found: expect.stringMatching(/^loaded in \d+ ms, warm after \d+ ms more, then answered in \d+ ms$/),
    });
    expect(checks.get('port')!.status).toBe('ok');
    expect([...checks.values()].filter(({ status }) => status === 'failure')).toEqual([]);
  });

  it('says of every check of its documentation what it came to, and of no other', async () => {
    const page = readFileSync(path.join(REPOSITORY, 'docs/cli.md'), 'utf8');
    const table = page.slice(page.indexOf('### Checks'), page.indexOf('## `fetch`'));
    const documented = [...table.matchAll(/^\| `([a-z-]+)` /gm)];
    const checks = checksOf(await doctor(['--json', '--no-load']));
    expect(documented.map(([, id]) => id)).toEqual([...checks.keys()]);
  });

  it('prints a line a check, and a sum', async () => {
    const { stdout } = await doctor(['--no-load']);
    expect(stdout).toMatch(/^ok +configuration +no fault$/m);
    expect(stdout).toMatch(/^skipped +model-load +--no-load$/m);
    expect(stdout).toMatch(/\n\n\d+ ok, \d+ warnings?, \d+ failures?, 1 skipped\n$/);
  });

  it('lists all faults of the environment, judges the machine, and skips the rest', async () => {
    const diagnosis = await doctor(['--json'], { STT_QUANTIZATION: 'int4', STT_MODLE: 'tiny' });
    expect(diagnosis.code).toBe(1);
    const checks = checksOf(diagnosis);
    expect(checks.get('configuration')).toMatchObject({ status: 'failure' });
    expect(checks.get('configuration')!.found).toMatch(/STT_MODLE: no such variable.*; STT_QUANTIZATION: got "int4"/);
    expect(checks.get('cpu-quota')!.status).not.toBe('skipped');
    expect(checks.get('model')!.status).toBe('skipped');
  });

  it('fails for a model that is not there, a port that is taken, a file of keys without a key, a short grace period', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const keys = path.join(folder, 'no-keys');
    writeFileSync(keys, '# none\n');
    const diagnosis = await doctor(['--json', '--grace-period', '30'], {
      STT_MODEL: 'gigantic',
      STT_PORT: String((other.address() as AddressInfo).port),
      STT_API_KEYS_FILE: keys,
    });
    other.close();
    expect(diagnosis.code).toBe(1);
    const failed = [...checksOf(diagnosis).values()].filter(({ status }) => status === 'failure');
    expect(failed.map(({ id }) => id)).toEqual(['model', 'api-keys', 'port', 'drain']);
    for (const { remedy } of failed) expect(remedy).toMatch(/\.$/);
  });

  it('counts API keys and never prints one', async () => {
    const keys = path.join(folder, 'keys');
    writeFileSync(keys, 'sk-very-secret-1\nsk-very-secret-2\n');
    chmodSync(keys, 0o600);
    const diagnosis = await doctor(['--json', '--no-load'], { STT_API_KEYS_FILE: keys });
    expect(checksOf(diagnosis).get('api-keys')).toMatchObject({ status: 'ok', found: `2 in ${keys}` });
    expect(diagnosis.stdout + diagnosis.stderr).not.toContain('very-secret');
  });

  it('tells a damaged model by its checksums, and one that cannot be loaded by loading it', async () => {
    const store = path.join(folder, 'models');
    const model = path.join(store, 'whisper-nano');
    cpSync(NANO, model, { recursive: true });
    writeFileSync(path.join(model, 'onnx/decoder_model_merged_quantized.onnx'), 'no graph');
    writeFileSync(path.join(model, 'SHA256SUMS'), `${'0'.repeat(64)}  config.json\n`);
    const diagnosis = await doctor(['--json'], { STT_MODEL_STORE: store });
    const checks = checksOf(diagnosis);
    expect(checks.get('model')!.status).toBe('ok');
    expect(checks.get('model-checksums')).toMatchObject({
      status: 'failure',
      found: expect.stringContaining('config.json is '),
    });
    expect(checks.get('model-load')).toMatchObject({ status: 'failure', found: expect.stringContaining('decoder') });
    expect(diagnosis.code).toBe(1);
  });

  it('leaves the model to a server that runs already', async () => {
    const server = await ServerProcess.start();
    try {
      const checks = checksOf(await doctor(['--json'], { STT_PORT: String(server.port) }));
      expect(checks.get('port')).toMatchObject({ status: 'ok', found: 'a server of this kind listens there already' });
      expect(checks.get('model-load')).toMatchObject({
        status: 'skipped',
        found: 'a server that is ready has the port: its log says which model it has loaded',
      });
    } finally {
      await server.stop();
    }
  });

  it('--strict fails for a warning', async () => {
    const wrongThreads = { OMP_NUM_THREADS: '1000' };
    expect((await doctor(['--no-load'], wrongThreads)).code).toBe(0);
    expect((await doctor(['--no-load', '--strict'], wrongThreads)).code).toBe(1);
  });

  it.each([
    [['--grace-period', 'long'], '--grace-period: got "long", expected a whole number'],
    [['--loud'], "Unknown option '--loud'"],
    [['now'], "Unexpected argument 'now'"],
  ])('refuses %j as wrong usage', async (args, reason) => {
    const { code, stdout, stderr } = await doctor(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(reason);
  });
});

describeUnless(ControlGroup.unavailable(), 'whisper-stt doctor in a control group', () => {
  let group: ControlGroup;
  const limited = (memoryBytes: number): ControlGroup =>
    ControlGroup.create(`doctor-${process.pid}`, { memoryBytes, cpus: 1 });
  afterEach(() => group.remove());

  it('loads the model within the limit that it reads, on the CPUs that it may use', async () => {
    group = limited(400 * 2 ** 20);
    const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1', OMP_NUM_THREADS: '1' };
    const checks = checksOf(await doctor(['--json'], pod, group.wrap));
    expect(checks.get('memory')).toMatchObject({
      status: 'ok',
      found: 'limit 400 MiB',
      wanted: '300 MiB for nano int8',
    });
    expect(checks.get('thread-variables')!.status).toBe('ok');
    expect(checks.get('model-load')!.status).toBe('ok');
    expect(checks.get('cpu-pinning')).toMatchObject({
      status: onlineCpus() > 1 ? 'ok' : 'warning',
      found: expect.stringMatching(/^CPUs 0 of 0/),
    });
  });

  it('fails where the limit is below the need of the model', async () => {
    group = limited(200 * 2 ** 20);
    const diagnosis = await doctor(['--json', '--no-load'], {}, group.wrap);
    expect(diagnosis.code).toBe(1);
    expect(checksOf(diagnosis).get('memory')).toMatchObject({
      status: 'failure',
      found: expect.stringMatching(/^limit 200 MiB/),
    });
  });
});
