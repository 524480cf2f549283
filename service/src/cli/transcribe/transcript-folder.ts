import { createHash } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '../usage-error';
import type { Input } from './find-inputs';
import { FinishedWork, type Source } from './finished-work';
import { outputNames } from './output-names';
import { TRANSCRIPT_FORMATS, type Transcript, type TranscriptFormatName } from './transcript-format';
import type { InputState, TranscriptTarget } from './transcript-target';

/** A folder with a file for each input. A file has its name only when it is whole. */
export class TranscriptFolder implements TranscriptTarget {
  private constructor(
    private readonly folder: string,
    private readonly format: TranscriptFormatName,
    private readonly names: ReadonlyMap<Input, string>,
    private readonly settings: string,
    private readonly resumes: boolean,
    private readonly finished: FinishedWork,
  ) {}

  /**
   * @param settings everything that a transcript depends on beside its audio
   * @throws UsageError when an input lies where a transcript is to be, or the folder cannot be written
   */
  static async open(
    folder: string,
    format: TranscriptFormatName,
    inputs: readonly Input[],
    settings: unknown,
    resumes: boolean,
  ): Promise<TranscriptFolder> {
    const names = outputNames(inputs, TRANSCRIPT_FORMATS[format].extension);
    const digest = createHash('sha256').update(JSON.stringify(settings)).digest('hex');
    const outputs = new Set([...names.values()].map((name) => path.resolve(folder, name)));
    const overwritten = inputs.find((input) => input.path !== undefined && outputs.has(input.path));
    if (overwritten) throw new UsageError(`--output-dir: a transcript would take the place of ${overwritten.name}`);
    try {
      return new TranscriptFolder(folder, format, names, digest, resumes, await FinishedWork.open(folder));
    } catch (error) {
      throw new UsageError(`--output-dir: ${(error as Error).message}`);
    }
  }

  async isFinished(input: Input, state: InputState | undefined): Promise<boolean> {
    const source = this.sourceOf(input, state);
    if (!this.resumes || source === undefined) return false;
    return this.finished.has(this.nameOf(input), source) && (await exists(this.fileOf(input)));
  }

  async write(input: Input, state: InputState | undefined, transcript: Transcript): Promise<void> {
    const file = this.fileOf(input);
    await mkdir(path.dirname(file), { recursive: true });
    const unfinished = path.join(path.dirname(file), `.${path.basename(file)}.part`);
    try {
      // On the disk before it gets its name: a machine that loses its power must not leave an empty file behind.
      await writeFile(unfinished, TRANSCRIPT_FORMATS[this.format].write(transcript), { flush: true });
      await rename(unfinished, file);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
    const source = this.sourceOf(input, state);
    if (source !== undefined) await this.finished.add(this.nameOf(input), source);
  }

  fail(): void {
    // No file is what says that there is no transcript.
  }

  private nameOf(input: Input): string {
    return this.names.get(input)!;
  }

  private fileOf(input: Input): string {
    return path.join(this.folder, this.nameOf(input));
  }

  private sourceOf({ relativePath }: Input, state: InputState | undefined): Source | undefined {
    return state && { relativePath, ...state, settings: this.settings };
  }
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined;
}
