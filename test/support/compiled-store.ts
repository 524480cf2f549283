import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { CompiledVariant } from '../../service/src/engine/compiled-variant';
import { BIN } from './whisper-stt';

/** A model store of its own that holds one model, compiled by the command line. */
export class CompiledStore {
  private constructor(
    readonly path: string,
    /** Its folder. */
    readonly model: string,
  ) {}

  /** @param source folder of the model as published */
  static async of(source: string, variants: readonly CompiledVariant[]): Promise<CompiledStore> {
    const store = mkdtempSync(path.join(os.tmpdir(), 'compiled-'));
    const model = path.join(store, path.basename(source));
    await promisify(execFile)(process.execPath, [
      ...[BIN, 'compile-model', '--variants', variants.join(',')],
      ...[source, model],
    ]);
    return new CompiledStore(store, model);
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
