import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openModelDirectory } from '../../../service/src/engine/model-directory';
import { verifyModelFiles, writeModelChecksums } from '../../../service/src/engine/model-integrity';
import { NANO } from '../../support/nano';

describe('the checksums of a model', () => {
  let store: string;
  let model: string;
  let checksums: string;
  const verify = async (): Promise<number> => (await verifyModelFiles(openModelDirectory(store, 'nano', 'int8'))).size;

  beforeEach(() => {
    store = mkdtempSync(path.join(os.tmpdir(), 'store-'));
    model = path.join(store, 'whisper-nano');
    checksums = path.join(model, 'SHA256SUMS');
    cpSync(NANO, model, { recursive: true });
    rmSync(checksums);
  });
  afterEach(() => {
    rmSync(store, { recursive: true });
  });

  it('are those of sha256sum', async () => {
    await writeModelChecksums(model);
    const result = spawnSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: model, encoding: 'utf8' });
    expect(result.status).toBe(0);
    expect(result.stdout).toContain('onnx/encoder_model_quantized.onnx: OK');
  });

  it('are the same each time, and do not count themselves', async () => {
    await writeModelChecksums(model);
    const first = readFileSync(checksums, 'utf8');
    await writeModelChecksums(model);
    expect(readFileSync(checksums, 'utf8')).toBe(first);
    expect(first).not.toContain('SHA256SUMS');
  });

  it('let an unchanged model pass', async () => {
    await writeModelChecksums(model);
    expect(await verify()).toBe(5);
  });

  it('are not asked for: a model without them passes', async () => {
    expect(await verify()).toBe(0);
  });

  it('say which files they are of', async () => {
    await writeModelChecksums(model);
    const directory = openModelDirectory(store, 'nano', 'int8');
    const digest = createHash('sha256').update(readFileSync(directory.encoderPath)).digest('hex');
    const digests = await verifyModelFiles(directory);
    expect(digests.get(path.relative(directory.path, directory.encoderPath))).toBe(digest);
  });

  it.each([
    'onnx/encoder_model_quantized.onnx',
    'onnx/decoder_model_merged_quantized.onnx',
    'config.json',
    'generation_config.json',
    'tokenizer.json',
  ])('refuse a model whose %s was changed, and name the file', async (file) => {
    await writeModelChecksums(model);
    appendFileSync(path.join(model, file), ' ');
    await expect(verify()).rejects.toMatchObject({ code: 'model_corrupt', message: expect.stringContaining(file) });
  });

  it('say nothing of files that this precision does not load', async () => {
    await writeModelChecksums(model);
    appendFileSync(path.join(model, 'onnx/encoder_model.onnx'), ' ');
    expect(await verify()).toBe(5);
  });

  it('refuse a file that they do not list', async () => {
    await writeModelChecksums(model);
    const lines = readFileSync(checksums, 'utf8').split('\n');
    writeFileSync(checksums, lines.filter((line) => !line.endsWith(' config.json')).join('\n'));
    await expect(verify()).rejects.toMatchObject({
      code: 'model_corrupt',
      message: expect.stringContaining('config.json is not listed'),
    });
  });

  it('must be lines of sha256sum', async () => {
    writeFileSync(checksums, 'to be done\n');
    await expect(verify()).rejects.toMatchObject({
      code: 'model_corrupt',
      message: expect.stringContaining('"to be done"'),
    });
  });
});

describe('the checksums of the embedded model', () => {
  it('are those of every file that a server may load: run `sha256sum *.json onnx/*.onnx > SHA256SUMS` there when this fails', () => {
    const check = spawnSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: NANO, encoding: 'utf8' });
    expect([check.status, check.stderr]).toEqual([0, '']);
    const listed = check.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/: OK$/, ''));
    const files = (folder: string, extension: string): readonly string[] =>
      readdirSync(path.join(NANO, folder))
        .filter((file) => file.endsWith(extension))
        .map((file) => path.join(folder, file));
    expect(listed.sort()).toEqual([...files('', '.json'), ...files('onnx', '.onnx')].sort());
  });
});
