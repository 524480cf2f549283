import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { EXIT_CODES } from '../../lib/contract';
import { writeModelChecksums } from '../../service/src/engine/model-integrity';
import { NANO } from '../support/nano';
import { ServerProcess } from '../support/server-process';

describe('the server on a model with checksums', () => {
  let store: string;
  beforeEach(async () => {
    store = mkdtempSync(path.join(os.tmpdir(), 'store-'));
    cpSync(NANO, path.join(store, 'whisper-nano'), { recursive: true });
    await writeModelChecksums(path.join(store, 'whisper-nano'));
  });
  afterEach(() => {
    rmSync(store, { recursive: true });
  });

  it('starts when the files are as they should be, and says so', async () => {
    const server = await ServerProcess.start({ STT_MODEL_STORE: store });
    expect(server.find('model as its checksums say')).toMatchObject({ files: 5 });
    await server.stop();
  });

  it('refuses to start on a damaged model', async () => {
    appendFileSync(path.join(store, 'whisper-nano/onnx/encoder_model_quantized.onnx'), 'x');
    const server = ServerProcess.spawn({ STT_MODEL_STORE: store });
    expect(await server.exit).toEqual({ code: EXIT_CODES.engine, signal: null });
    expect(server.output).toContain('model_corrupt');
    expect(server.output).toContain('onnx/encoder_model_quantized.onnx');
  });
});
